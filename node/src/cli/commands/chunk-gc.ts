// SPDX-License-Identifier: Apache-2.0
import { apiOf, clientFlags, printResult } from '../client-flags.ts';
import { command } from '@shortlink/common/cli/command.ts';
import { recordsOf, textOf, type JsonRecord } from '@shortlink/common/cli/json.ts';
import { renderTable } from '@shortlink/common/cli/table.ts';
import { runUpkeepJob } from '../upkeep-job.ts';

export const chunkGcCommand = command({
  path: ['chunk', 'gc'],
  summary: 'Delete objects that nothing refers to any more',
  details: [
    'The cluster does this by itself, too. An object that was unlinked is deleted when its time is over (chunks.gcMinAgeMs) and a manifest without it was published; one that was never on record, when nothing can refer to it any more and it is old (chunks.orphanMinAgeMs). Everything else stays.',
    'With --dry-run nothing is deleted. Interrupting the command stops nothing: the node goes on.',
  ],
  args: [],
  flags: {
    'dry-run': { kind: 'bool', default: false, help: 'Only show what would be deleted, and what the rest waits for.' },
    ...clientFlags,
    timeout: { ...clientFlags.timeout, default: 600_000, help: 'Time for the whole command.' },
  },
  run: async ({ flags, io }) => {
    const deadline = AbortSignal.timeout(flags.timeout);
    const api = { ...apiOf(flags), timeoutMs: Math.min(flags.timeout, clientFlags.timeout.default) };
    const dryRun = flags['dry-run'];
    const request = { method: 'POST', path: ['admin', 'chunks:gc'], body: { dryRun } } as const;
    const job = await runUpkeepJob(api, request, { deadline, io, label: 'looking through the object store' });
    const collections = recordsOf(job['collections']);
    printResult(io, flags.output, { dryRun, shards: collections }, () =>
      [objectTable(collections, dryRun), restTable(collections)].join('\n\n'),
    );
  },
});

const waits: Readonly<Record<string, string>> = {
  age: 'stays: it was unlinked too lately',
  manifest: 'stays: no manifest without it yet',
};

function objectTable(collections: readonly JsonRecord[], dryRun: boolean): string {
  const rows = collections.flatMap((collection) =>
    recordsOf(collection['objects']).map((object) => [
      textOf(collection['shard']) ?? '',
      ...['name', 'sizeBytes', 'standing'].map((field) => textOf(object[field]) ?? ''),
      waits[textOf(object['waitsFor']) ?? ''] ?? (dryRun ? 'would be deleted' : 'deleted'),
    ]),
  );
  return renderTable(['shard', 'object', 'bytes', 'what', 'result'], rows);
}

function restTable(collections: readonly JsonRecord[]): string {
  const fields = ['shard', 'pending', 'foreign', 'abortedUploads'];
  return renderTable(
    ['shard', 'may still get on record', 'of others', 'aborted uploads'],
    collections.map((collection) => fields.map((field) => textOf(collection[field]) ?? '')),
  );
}
