// SPDX-License-Identifier: Apache-2.0
import { apiOf, clientFlags, printResult } from '../client-flags.ts';
import { command } from '@shortlink/common/cli/command.ts';
import { CliError } from '@shortlink/common/cli/exit-codes.ts';
import { recordsOf, textOf, type JsonRecord } from '@shortlink/common/cli/json.ts';
import { renderTable } from '@shortlink/common/cli/table.ts';
import { runUpkeepJob } from '../upkeep-job.ts';

const dayMs = 24 * 60 * 60_000;

export const chunkScrubCommand = command({
  path: ['chunk', 'scrub'],
  summary: 'Read every object of a chunk again, and tell what is missing, wrong or too much',
  details: [
    'One node reads every byte of every object that is on record, at the rate of chunks.bytesPerSecond, and compares it with what is on record.',
    'With --repair an object that is missing or wrong is made anew from a copy on a node, and read again by another node, before it takes its place. Objects that are too much are left to `shortlink chunk gc`.',
    'Ends with code 1 when something is missing or wrong and was not repaired. Interrupting the command stops nothing: the node goes on.',
  ],
  args: [],
  flags: {
    repair: { kind: 'bool', default: false, help: 'Make anew what is missing or wrong.' },
    ...clientFlags,
    timeout: { ...clientFlags.timeout, default: dayMs, max: 30 * dayMs, help: 'Time for the whole command.' },
  },
  run: async ({ flags, io }) => {
    const { repair } = flags;
    const deadline = AbortSignal.timeout(flags.timeout);
    const api = { ...apiOf(flags), timeoutMs: Math.min(flags.timeout, clientFlags.timeout.default) };
    const request = { method: 'POST', path: ['admin', 'chunks:scrub'], body: { repair } } as const;
    const job = await runUpkeepJob(api, request, { deadline, io, label: 'reading objects' });
    const scrubs = recordsOf(job['scrubs']);
    printResult(io, flags.output, { repair, shards: scrubs }, () =>
      [shardTable(scrubs), ...findingTable(scrubs)].join('\n\n'),
    );
    judge(scrubs.flatMap((scrub) => recordsOf(scrub['findings'])));
  },
});

function shardTable(scrubs: readonly JsonRecord[]): string {
  const rows = scrubs.map((scrub) => [
    ...['shard', 'checkedObjects', 'checkedBytes'].map((field) => textOf(scrub[field]) ?? ''),
    String(recordsOf(scrub['findings']).length),
    ...['pending', 'foreign'].map((field) => textOf(scrub[field]) ?? ''),
  ]);
  return renderTable(['shard', 'objects', 'bytes', 'findings', 'may still get on record', 'of others'], rows);
}

function findingTable(scrubs: readonly JsonRecord[]): readonly string[] {
  const rows = scrubs.flatMap((scrub) =>
    recordsOf(scrub['findings']).map((finding) => [
      textOf(scrub['shard']) ?? '',
      ...['name', 'problem', 'repair', 'detail'].map((field) => textOf(finding[field]) ?? ''),
    ]),
  );
  return rows.length === 0 ? [] : [renderTable(['shard', 'object', 'problem', 'repair', 'detail'], rows)];
}

/** @throws CliError when something is left to do */
function judge(findings: readonly JsonRecord[]): void {
  const left = findings.filter(({ problem, repair }) => problem !== 'extra' && repair !== 'repaired');
  const count = (is: (finding: JsonRecord) => boolean): number => left.filter(is).length;
  const lost = count(({ repair }) => repair === 'lost');
  const wrong = count(({ problem }) => problem !== 'unreadable');
  if (lost > 0) {
    const message = `${lost} objects are lost: no node has a right copy; bring nodes back that are away, or restore what is lost from a backup`;
    throw new CliError('failed', message);
  }
  if (wrong > 0) throw new CliError('failed', `${wrong} objects are missing or wrong; make them anew with --repair`);
  if (left.length > 0) throw new CliError('unavailable', `${left.length} objects could not be read; try again`);
}
