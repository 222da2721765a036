// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from 'vitest/config';

/** Scenarios on Kubernetes, by how much of them is wanted; each level has those of the levels before it. */
const levels = ['smoke', 'full', 'soak'];
const level = process.env['LEVEL'] ?? 'smoke';
function scenariosOf(last: string): string[] {
  const wanted = levels.slice(0, levels.indexOf(last) + 1);
  return wanted.map((each) => `e2e/kubernetes/scenarios/${each}/*.k8s.ts`);
}

// `unit` is everything that needs no process of its own. `charts` renders charts with Helm. `object-store` starts real S3 servers and `processes` real nodes, one
// file after the other, so that their ports and the two cores of CI are theirs. `kubernetes` and `operator-processes` are the
// same scenarios, the one on a real Kubernetes, the other on its double with real nodes.
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
          name: 'processes',
          include: ['e2e/**/*.e2e.ts'],
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'kubernetes',
          include: scenariosOf(level),
          globalSetup: ['e2e/kubernetes/global-setup.ts'],
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'operator-processes',
          env: { E2E_PROVIDER: 'process' },
          include: scenariosOf(level),
          fileParallelism: false,
        },
      },
    ],
  },
});
