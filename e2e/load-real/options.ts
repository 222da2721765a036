// SPDX-License-Identifier: Apache-2.0
import { parseFlags } from '@shortlink/common/flags.ts';
import { formatProblem, resolveOptions, type RawValues } from '@shortlink/common/options.ts';

const url = (text: string): string | undefined =>
  /^https?:$/.test(URL.parse(text)?.protocol ?? '') ? undefined : 'not an http or https URL';

const flags = {
  limit: { kind: 'int', min: 1, max: 1e9, help: 'Links at most (default: all, about 1.8 million).' },
  nodes: { kind: 'int', default: 3, min: 1, max: 15, help: 'Nodes that are started.' },
  'base-port': { kind: 'int', default: 17_400, min: 1024, max: 65_035, help: 'Base port of the nodes.' },
  data: { kind: 'string', default: '.data/load-real', help: 'Folder of the packages and of the nodes.' },
  keep: { kind: 'bool', default: false, help: 'Keep what the nodes wrote.' },
  api: { kind: 'list', default: [], maxItems: 64, unit: 'URL', help: 'HTTP APIs of a running cluster.', check: url },
  redirect: {
    kind: 'list',
    default: [],
    maxItems: 64,
    unit: 'URL',
    help: 'Its redirect listeners, in the same order.',
    check: url,
  },
  output: { kind: 'enum', values: ['text', 'json'], default: 'text', help: 'Form of the report.' },
  help: { kind: 'bool', default: false, help: 'Print this.' },
} as const;

export type LoadFlags = RawValues<typeof flags>;

/** The command line, or what is wrong with it. */
export function parseCommandLine(argv: readonly string[]): LoadFlags | string {
  const parsed = parseFlags(flags, argv);
  const { values, problems } = resolveOptions(flags, [parsed.layer]);
  const wrong = [...parsed.problems, ...problems].map((problem) => `--${formatProblem(problem)}`);
  if (parsed.positionals.length > 0) wrong.push(`${parsed.positionals.join(' ')} is too much`);
  if (values.api.length > 0 !== values.redirect.length > 0) wrong.push('--api and --redirect go together');
  return wrong.length > 0 ? wrong.join('\n') : values;
}

export function usage(): string {
  const lines = Object.entries(flags).map(([name, spec]) => {
    const fallback =
      'default' in spec && spec.kind !== 'bool' && spec.kind !== 'list' ? ` (default ${spec.default})` : '';
    return `  --${name.padEnd(10)} ${spec.help}${fallback}`;
  });
  return [
    'usage: npm run -s load:real -- [flags]',
    '',
    'Creates a link for every URL in three npm packages, reads each back through another node, and says what it took.',
    'Without --api and --redirect it starts a cluster of its own, and also measures disk, memory and restarts.',
    '',
    ...lines,
  ].join('\n');
}
