// SPDX-License-Identifier: Apache-2.0
import type { Import } from './imports.ts';

/**
 * Who may import whom: the one table. A ring may always import itself; `types` may be imported as types only.
 * Rings of the node are named by their folder in node/src; `main` is the files directly in it.
 */
export const allowed: Readonly<
  Record<string, { readonly values: readonly string[]; readonly types?: readonly string[] }>
> = {
  common: { values: [] },
  proto: { values: [] },
  core: { values: ['common'] },
  ports: { values: ['common'], types: ['core'] },
  engine: { values: ['core', 'ports', 'common'] },
  services: { values: ['engine', 'core', 'ports', 'common'] },
  telemetry: { values: ['common'] },
  config: { values: ['common'] },
  servers: { values: ['services', 'ports', 'common', 'proto', 'telemetry'], types: ['core'] },
  adapters: { values: ['ports', 'common', 'proto'], types: ['core'] },
  cli: {
    values: ['main', 'servers', 'services', 'engine', 'core', 'ports', 'telemetry', 'config', 'common', 'proto'],
  },
  // The roots of the process and of its threads: only they construct adapters.
  main: {
    values: [
      'threads',
      'adapters',
      'servers',
      'services',
      'engine',
      'core',
      'ports',
      'telemetry',
      'config',
      'common',
      'proto',
    ],
  },
  threads: {
    values: ['adapters', 'servers', 'services', 'engine', 'core', 'ports', 'telemetry', 'config', 'common', 'proto'],
  },
  sim: { values: ['core', 'engine', 'services', 'ports', 'common'] },
  // The operator's rings are named `operator/<folder in operator/src>`; `operator` is the files directly in it.
  'operator/ports': { values: ['common'] },
  'operator/crd': { values: ['common'], types: ['operator/ports'] },
  'operator/desired': { values: ['operator/crd', 'common'], types: ['operator/ports'] },
  'operator/plan': { values: ['operator/desired', 'operator/crd', 'common'], types: ['operator/ports'] },
  'operator/runtime': { values: ['operator/ports', 'common'] },
  'operator/reconcile': {
    values: ['operator/plan', 'operator/desired', 'operator/crd', 'operator/runtime', 'operator/ports', 'common'],
  },
  'operator/rights': {
    values: ['operator/reconcile', 'operator/desired', 'operator/runtime'],
    types: ['operator/ports'],
  },
  'operator/adapters': { values: ['operator/ports', 'common', 'proto'] },
  'operator/cli': {
    values: [
      'operator/reconcile',
      'operator/plan',
      'operator/desired',
      'operator/crd',
      'operator/runtime',
      'operator/ports',
      'common',
    ],
  },
  operator: {
    values: [
      'operator/adapters',
      'operator/cli',
      'operator/reconcile',
      'operator/plan',
      'operator/desired',
      'operator/crd',
      'operator/runtime',
      'operator/ports',
      'common',
      'proto',
    ],
  },
  e2e: { values: ['common', 'proto'] },
  bench: { values: ['core', 'engine', 'ports', 'adapters', 'common', 'proto'] },
  tools: {
    values: [
      'common',
      'config',
      'cli',
      'telemetry',
      'operator/crd',
      'operator/rights',
      'operator/reconcile',
      'operator/cli',
      'operator',
    ],
  },
};

/** Single imports against the arrows, each with its reason. */
const exceptions: readonly { readonly from: string; readonly to: string; readonly reason: string }[] = [
  {
    from: 'node/src/adapters/peers/raft-message-codec.ts',
    to: 'node/src/core/raft/message.ts',
    reason: 'newMessage is where every message is born, decoded ones too: one shape keeps property access fast',
  },
  {
    from: 'node/sim/chunks/sim-codec.ts',
    to: 'node/src/adapters/system/zlib-chunk-codec.ts',
    reason: 'compression and digests are pure functions of their input: another codec would be another chunk format',
  },
  {
    from: 'bench/src/chunks/real-links.ts',
    to: 'e2e/load-real/input/packages.ts',
    reason: 'one place knows which packages carry real URLs, and how they are fetched',
  },
  {
    from: 'bench/src/chunks/real-links.ts',
    to: 'e2e/load-real/input/url-stream.ts',
    reason: 'one place knows how URLs are read out of them',
  },
  {
    from: 'bench/src/cold/far-store.ts',
    to: 'e2e/harness/object-stores.ts',
    reason: 'one place knows how nodes are told of a store of tests',
  },
  {
    from: 'bench/src/cold/far-store.ts',
    to: 'e2e/harness/s3-server.ts',
    reason: 'one place knows how S3 servers are started, and whether they can be',
  },
  {
    from: 'bench/src/cold/far-store.ts',
    to: 'e2e/harness/tcp-proxy.ts',
    reason: 'one proxy makes a store far away, and cuts it off',
  },
];

/** The ring of a file of the project; undefined for files that belong to none (configuration of tools). */
export function ringOf(path: string): string | undefined {
  const parts = path.split('/');
  if (parts[0] === 'operator')
    return parts[1] === 'src' && parts.length > 3 ? `operator/${parts[2] ?? ''}` : 'operator';
  if (parts[0] !== 'node') return parts.length > 1 ? parts[0] : undefined;
  if (parts[1] === 'sim') return 'sim';
  return parts[1] === 'src' && parts.length > 3 ? parts[2] : 'main';
}

/** Why the import is not allowed; undefined when it is. */
export function layerProblem(file: string, target: Import): string | undefined {
  const from = ringOf(file);
  if (from === undefined || !target.isInside) return undefined;
  const to = ringOf(target.target);
  if (/\.test\.ts$|\/testing\//.test(target.target)) return `imports ${target.target}, which only tests may`;
  const rules = allowed[from];
  if (rules === undefined) return `lies in ${from}, which is no ring of tools/tidy/layers.ts`;
  if (to === from || (to !== undefined && rules.values.includes(to))) return undefined;
  if (to !== undefined && target.isTypeOnly && rules.types?.includes(to) === true) return undefined;
  if (exceptions.some((one) => one.from === file && one.to === target.target)) return undefined;
  const only = to !== undefined && rules.types?.includes(to) === true ? ' other than by "import type"' : '';
  return `imports ${target.target}: ${from} must not import ${to ?? 'that'}${only}`;
}
