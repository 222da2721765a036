// SPDX-License-Identifier: Apache-2.0
import { parseFlags } from '@shortlink/common/flags.ts';
import { formatProblem, resolveOptions, type RawValues } from '@shortlink/common/options.ts';

const mib = 2 ** 20;

const flags = {
  links: {
    kind: 'int',
    default: 2_000_000,
    min: 1000,
    max: 1e9,
    help: 'Links; looked at with 10 %, 50 % and all of them.',
  },
  'seal-bytes': { kind: 'bytes', default: 4 * mib, min: 64 * 1024, max: 1024 * mib, help: 'Size of a generation.' },
  'cut-seconds': { kind: 'int', default: 60, min: 1, max: 3600, help: 'Time without the object store.' },
  'base-port': { kind: 'int', default: 17_400, min: 1024, max: 64_000, help: 'Base port of the nodes.' },
  data: { kind: 'string', default: '.data/load-bounded', help: 'Folder of the packages and of the nodes.' },
  keep: { kind: 'bool', default: false, help: 'Keep what the nodes wrote.' },
  output: { kind: 'enum', values: ['text', 'json'], default: 'text', help: 'Form of the report.' },
  help: { kind: 'bool', default: false, help: 'Print this.' },
} as const;

export type BoundedFlags = RawValues<typeof flags>;

/** The command line, or what is wrong with it. */
export function parseCommandLine(argv: readonly string[]): BoundedFlags | string {
  const parsed = parseFlags(flags, argv);
  const { values, problems } = resolveOptions(flags, [parsed.layer]);
  const wrong = [...parsed.problems, ...problems].map((problem) => `--${formatProblem(problem)}`);
  if (parsed.positionals.length > 0) wrong.push(`${parsed.positionals.join(' ')} is too much`);
  return wrong.length > 0 ? wrong.join('\n') : values;
}

export function usage(): string {
  const lines = Object.entries(flags).map(
    ([name, spec]) => `  --${name.padEnd(12)} ${spec.help}${spec.kind === 'bool' ? '' : ` (default ${spec.default})`}`,
  );
  return [
    'usage: npm run -s load:bounded -- [flags]',
    '',
    'Loads links into three nodes with small generations and an S3 server, and says whether what is hot stays as it is',
    'while they become more. Then kills a holder and deletes its disk, cuts the object store off, reads every link through',
    'every node, deletes all disks and makes the cluster anew from the bucket.',
    '',
    ...lines,
  ].join('\n');
}
