// SPDX-License-Identifier: Apache-2.0
import type { OptionTable } from '@shortlink/common/options.ts';

const outputs = ['text', 'json', 'yaml'] as const;
export type Output = (typeof outputs)[number];

/** Of every command that prints a result. */
export const outputFlags = {
  output: { kind: 'enum', values: outputs, default: 'text', short: 'o', help: 'Form of the result.' },
} as const satisfies OptionTable;

/** Of every command that asks a Kubernetes, named as those of kubectl. */
export const kubeFlags = {
  namespace: { kind: 'string', short: 'n', help: 'Namespace; by default that of the context.' },
  context: { kind: 'string', help: 'Context of the kubeconfig; by default the current one.' },
  kubeconfig: {
    kind: 'string',
    path: true,
    help: 'File that says where Kubernetes is; by default KUBECONFIG, or ~/.kube/config.',
  },
  timeout: { kind: 'durationMs', default: 60_000, min: 1, max: 86_400_000, help: 'Time for the whole command.' },
} as const satisfies OptionTable;

export const allNamespacesFlag = {
  'all-namespaces': { kind: 'bool', default: false, short: 'A', help: 'The clusters of all namespaces.' },
} as const satisfies OptionTable;

export const clusterArgument = {
  name: 'cluster',
  optional: true,
  help: 'name of the ShortLinkCluster; may be left out where the namespace has only one',
} as const;

/** Of commands that name a node. */
export const clusterFlag = {
  cluster: { kind: 'string', help: 'Name of the ShortLinkCluster, where the namespace has several.' },
} as const satisfies OptionTable;
