// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from 'vitest/config';

// `unit` is everything that needs no process of its own. `charts` renders charts with Helm. `object-store` starts real S3 servers and `e2e` real nodes, one
// file after the other, so that their ports and the two cores of CI are theirs.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{common,proto,node,operator,e2e,bench,tools}/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/*.s3.test.ts', '**/*.helm.test.ts'],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'charts',
          include: ['e2e/charts/**/*.helm.test.ts'],
          // Two of them at once would fetch Helm twice.
          fileParallelism: false,
          testTimeout: 60_000,
          // The first run fetches Helm and builds kubeconform.
          hookTimeout: 15 * 60_000,
        },
      },
      {
        test: {
          name: 'object-store',
          include: ['node/**/*.s3.test.ts'],
          fileParallelism: false,
          testTimeout: 180_000,
          // The first start of a server builds it.
          hookTimeout: 25 * 60_000,
        },
      },
      {
        test: {
          // Needs KUBECONFIG: what the operator relies on, asked of a real API server.
          name: 'contract',
          include: ['operator/**/*.kube.ts'],
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 120_000,
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
