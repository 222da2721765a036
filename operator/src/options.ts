// SPDX-License-Identifier: Apache-2.0
import { parseFlags } from '@shortlink/common/flags.ts';
import { environmentName, formatProblem, resolveOptions } from '@shortlink/common/options.ts';
import type { OptionLayer, OptionTable, RawValues } from '@shortlink/common/options.ts';

/** Options of the operator: flags, or variables `SHORTLINK_OPERATOR_…`. */
export const operatorOptions = {
  'watch.namespaces': {
    kind: 'list',
    default: [],
    maxItems: 50,
    help: 'Namespaces whose clusters are looked after; none: all of them.',
  },
  'watch.machines': {
    kind: 'bool',
    default: true,
    help: 'Read Nodes and StorageClasses, for zones and the growth of volumes; needs a right on the whole of Kubernetes.',
  },
  'lease.namespace': {
    kind: 'string',
    default: '',
    help: 'Namespace of the Lease of leader election; empty: that of the service account.',
  },
  'lease.name': { kind: 'string', default: 'shortlink-operator', help: 'Name of the Lease of leader election.' },
  'pod.name': { kind: 'string', default: 'operator', help: 'Name of this process in the Lease and in events.' },
  'node.image': {
    kind: 'string',
    default: 'shortlink/node:dev',
    help: 'Image of the nodes of clusters that name none; settled once for each cluster.',
  },
  'node.imagePullPolicy': {
    kind: 'enum',
    values: ['Always', 'IfNotPresent', 'Never'],
    default: 'IfNotPresent',
    help: 'When images are pulled, for clusters that do not say so; settled once for each cluster.',
  },
  'http.address': {
    kind: 'string',
    unit: 'host:port',
    default: '0.0.0.0:8080',
    help: 'Where /metrics, /healthz and /readyz are served.',
  },
  'reconcile.workers': {
    kind: 'int',
    default: 4,
    min: 1,
    max: 64,
    help: 'Clusters that are worked on at the same time.',
  },
  'log.level': {
    kind: 'enum',
    values: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    default: 'info',
    help: 'Lowest level that is logged.',
  },
} as const satisfies OptionTable;

export type OperatorOptions = RawValues<typeof operatorOptions>;

const environmentPrefix = 'SHORTLINK_OPERATOR';

/** @returns the options, or all that is wrong, a line each. */
export function readOptions(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): { readonly options: OperatorOptions } | { readonly problems: readonly string[] } {
  const flags = parseFlags(operatorOptions, argv);
  const { values, problems } = resolveOptions(operatorOptions, [flags.layer, environment(env)]);
  const all = [...flags.problems, ...problems].map(formatProblem);
  return all.length === 0 ? { options: values } : { problems: all };
}

/** The environment variable of an option. */
export function variableOf(name: string): string {
  return environmentName(environmentPrefix, name);
}

function environment(env: Readonly<Record<string, string | undefined>>): OptionLayer {
  const given = Object.keys(operatorOptions).flatMap((name): [string, unknown][] => {
    const value = env[variableOf(name)];
    return value === undefined ? [] : [[name, value]];
  });
  return { raw: new Map(given), source: variableOf };
}
