// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from 'vitest/config';

// `unit` is everything that needs no process of its own; `e2e` starts real nodes, one file after the other, so that
// their ports and the two cores of CI are theirs.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{common,proto,node,e2e,bench,tools}/**/*.test.ts'],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['e2e/**/*.e2e.ts'],
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
