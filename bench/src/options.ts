// SPDX-License-Identifier: Apache-2.0
import { parseFlags } from '@shortlink/common/flags.ts';
import { formatProblem, resolveOptions, type RawValues } from '@shortlink/common/options.ts';

export const workloads = ['writes', 'redirects', 'all', 'profile', 'chunk', 'cold', 'seal'] as const;
export type Workload = (typeof workloads)[number];

const flags = {
  seconds: { kind: 'int', default: 5, min: 1, max: 3600, help: 'Measured time of one round.' },
  'warm-up': { kind: 'int', default: 2, min: 1, max: 600, help: 'Seconds before each round that do not count.' },
  'first-warm-up': {
    kind: 'int',
    default: 10,
    min: 0,
    max: 600,
    help: 'Seconds of load on each contender before the first round.',
  },
  rounds: { kind: 'int', default: 3, min: 1, max: 100, help: 'Rounds of each contender; figures are their medians.' },
  clients: {
    kind: 'list',
    default: ['1', '64', '256'],
    maxItems: 16,
    help: 'Numbers of clients of the writes.',
    check: (text: string) => (/^[1-9]\d{0,4}$/.test(text) ? undefined : 'not a number from 1 to 99999'),
  },
  connections: { kind: 'int', default: 64, min: 1, max: 10_000, help: 'Connections of the redirects.' },
  codes: {
    kind: 'int',
    default: 100_000,
    min: 1000,
    max: 10_000_000,
    help: 'Links that redirects go through in turn.',
  },
  links: {
    kind: 'int',
    default: 1_000_000,
    min: 1000,
    max: 10_000_000,
    help: 'Links of the chunk, or of all chunks of cold.',
  },
  set: {
    kind: 'list',
    default: [],
    maxItems: 64,
    help: 'Options of the nodes of seal, KEY=VALUE: objectStore.url and what it needs; a folder otherwise.',
    check: (text: string) => (text.includes('=') ? undefined : 'not KEY=VALUE'),
  },
  data: { kind: 'string', default: '.data/bench', help: 'Folder of all contenders; must be on a disk.' },
  'base-port': { kind: 'int', default: 17_400, min: 1024, max: 64_000, help: 'First of 560 ports.' },
  keep: { kind: 'bool', default: false, help: 'Keep what the contenders wrote.' },
  output: { kind: 'enum', values: ['text', 'json'], default: 'text', help: 'Form of the result.' },
  help: { kind: 'bool', default: false, help: 'Print this.' },
} as const;

export interface Invocation {
  readonly workload: Workload;
  readonly flags: RawValues<typeof flags>;
}

/** The command line, or what is wrong with it. */
export function parseCommandLine(argv: readonly string[]): Invocation | string {
  const parsed = parseFlags(flags, argv);
  const resolved = resolveOptions(flags, [parsed.layer]);
  const problems = [...parsed.problems, ...resolved.problems].map((problem) => `--${formatProblem(problem)}`);
  const [name = 'all', ...more] = parsed.positionals;
  const workload = workloads.find((known) => known === name);
  if (workload === undefined) problems.push(`${name} is not one of ${workloads.join(', ')}`);
  if (more.length > 0) problems.push(`${more.join(' ')} is too much`);
  if (workload === undefined || problems.length > 0) return problems.join('\n');
  return { workload, flags: resolved.values };
}

export function usage(): string {
  const lines = Object.entries(flags).map(([name, spec]) => {
    const fallback = spec.kind === 'bool' ? '' : ` (default ${String(spec.default)})`;
    return `  --${name.padEnd(13)} ${spec.help}${fallback}`;
  });
  return [
    `usage: npm run -s bench -- [${workloads.join('|')}] [flags]`,
    '',
    '  writes     durable creates of links and puts of pairs, against three etcd members',
    '  redirects  redirects of cached links, against nginx',
    '  all        both (the default)',
    '  profile    where the time of one node goes, by thread',
    '  seal       latency of creates while data goes to the object store, and the space that comes back',
    '  chunk      bytes a link and speed of the chunk format, beside the size of PostgreSQL',
    '  cold       redirects of hot and cold links with an object store 50 ms away, and what they cost there',
    '',
    'Peers (etcd, nginx) and the load generator wrk are taken from PATH.',
    '',
    ...lines,
  ].join('\n');
}
