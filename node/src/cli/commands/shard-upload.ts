// SPDX-License-Identifier: Apache-2.0
import { callApi, type Api } from '../api-client.ts';
import { apiOf, clientFlags, printResult } from '../client-flags.ts';
import { command } from '@shortlink/common/cli/command.ts';
import { CliError } from '@shortlink/common/cli/exit-codes.ts';
import { isRecord, recordsOf, textOf, type JsonRecord } from '@shortlink/common/cli/json.ts';
import { renderTable } from '@shortlink/common/cli/table.ts';
import { waitForRetirement, type Awaited } from '../wait-for-retirement.ts';

export const shardUploadCommand = command({
  path: ['shard', 'upload'],
  summary: 'Move what shards hold to the object store',
  details: [
    'Seals the newest rows of a shard; the cluster uploads them, checks the copy, spreads it over nodes, and only then takes the rows off the nodes. Writes go on meanwhile.',
    'With --wait the command ends when all that was written before it is in the object store. Interrupting it, or the end of its time, stops nothing: the cluster goes on.',
  ],
  args: [{ name: 'shard', help: 'number of the shard', optional: true }],
  flags: {
    all: { kind: 'bool', default: false, help: 'All shards.' },
    wait: { kind: 'bool', default: false, help: 'Wait until it is done.' },
    ...clientFlags,
    timeout: { ...clientFlags.timeout, default: 600_000, help: 'Time for the whole command, waiting included.' },
  },
  run: async ({ flags, args, io }) => {
    if ((args.shard === undefined) !== flags.all) throw new CliError('usage', 'name one SHARD, or give --all');
    const deadline = AbortSignal.timeout(flags.timeout);
    const api = { ...apiOf(flags), timeoutMs: Math.min(flags.timeout, clientFlags.timeout.default) };
    const results = await upload(api, args.shard);
    const awaited = flags.wait ? results.flatMap(awaitedOf) : [];
    if (flags.wait) await waitForRetirement(api, awaited, { deadline, timeoutMs: flags.timeout, io });
    const shown: readonly JsonRecord[] = flags.wait
      ? results.map((one) => ({ ...one, retired: one['error'] === undefined }))
      : results;
    printResult(io, flags.output, { results: shown }, () =>
      renderTable(
        ['shard', 'generation', 'result'],
        shown.map((one) => [textOf(one['shard']) ?? '', textOf(one['sealedGeneration']) ?? '', resultText(one)]),
      ),
    );
    const failed = results.filter((one) => isRecord(one['error']));
    if (failed.length > 0) throw new CliError('unavailable', failed.map(failureText).join('\n'));
  },
});

async function upload(api: Api, shard: string | undefined): Promise<readonly JsonRecord[]> {
  if (shard !== undefined && !/^\d{1,9}$/.test(shard)) throw new CliError('usage', `${shard} is no number of a shard`);
  const path = ['admin', ...(shard === undefined ? ['shards:upload'] : ['shards', `${shard}:upload`])];
  const answer = await callApi(api, { method: 'POST', path });
  if (!isRecord(answer)) throw new CliError('failed', 'the API did not say what was sealed');
  return shard === undefined ? recordsOf(answer['results']) : [answer];
}

function awaitedOf(result: JsonRecord): readonly Awaited[] {
  const { shard, waitForGeneration } = result;
  return typeof shard === 'number' && typeof waitForGeneration === 'number'
    ? [{ shard, generation: waitForGeneration }]
    : [];
}

function resultText(result: JsonRecord): string {
  if (isRecord(result['error'])) return 'failed';
  if (result['retired'] === true) return 'in the object store';
  const waitFor = textOf(result['waitForGeneration']);
  if (waitFor === undefined) return 'in the object store already';
  return result['sealedGeneration'] === null ? `nothing new; generation ${waitFor} is on its way` : 'on its way';
}

function failureText(result: JsonRecord): string {
  const error = isRecord(result['error']) ? result['error'] : {};
  return `shard ${textOf(result['shard']) ?? ''}: ${textOf(error['detail']) ?? textOf(error['title']) ?? 'failed'}`;
}
