// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { callApi, type Api, type ApiRequest } from './api-client.ts';
import { CliError } from '@shortlink/common/cli/exit-codes.ts';
import { clearProgress, showProgress, type Io } from '@shortlink/common/cli/io.ts';
import { isRecord, textOf, type JsonRecord } from '@shortlink/common/cli/json.ts';

interface Waiting {
  readonly deadline: AbortSignal;
  readonly io: Io;
  /** Of the bar. */
  readonly label: string;
}

const firstPollMs = 100;
const pollMs = 1000;
/** A node that does not answer for so many polls is gone, and its job with it. */
const failuresMax = 10;

/**
 * Begins a job over the objects of chunks on the first node that answers, and waits for its end there: a job is known to
 * its node only. @returns the job as the API tells it. @throws CliError
 */
export async function runUpkeepJob(api: Api, request: ApiRequest, waiting: Waiting): Promise<JsonRecord> {
  const { node, job: started } = await startAnywhere(api, request);
  let job = started;
  let failures = 0;
  for (let poll = 0; job['state'] === 'running'; poll++) {
    show(waiting, job);
    if (waiting.deadline.aborted) throw new CliError('unavailable', 'not done in time; the node goes on by itself');
    await sleep(poll === 0 ? firstPollMs : pollMs, undefined, { signal: waiting.deadline }).catch(() => undefined);
    try {
      job = asJob(await callApi(node, { method: 'GET', path: ['admin', 'chunks', 'job'] }));
      failures = 0;
    } catch (error) {
      if (!(error instanceof CliError) || error.exit !== 'unavailable' || ++failures > failuresMax) throw error;
    }
    if (job['id'] !== started['id']) throw new CliError('unavailable', 'the node was restarted; begin again');
  }
  clearProgress(waiting.io);
  if (job['state'] === 'failed') throw new CliError('unavailable', textOf(job['message']) ?? 'the job failed');
  return job;
}

async function startAnywhere(api: Api, request: ApiRequest): Promise<{ readonly node: Api; readonly job: JsonRecord }> {
  let failure: CliError | undefined;
  for (const endpoint of api.endpoints) {
    const node = { ...api, endpoints: [endpoint] };
    try {
      return { node, job: asJob(await callApi(node, request)) };
    } catch (error) {
      if (!(error instanceof CliError) || error.exit !== 'unavailable') throw error;
      failure = error;
    }
  }
  throw failure ?? new CliError('usage', 'no node was named');
}

function asJob(answer: unknown): JsonRecord {
  if (isRecord(answer) && typeof answer['id'] === 'number') return answer;
  throw new CliError('failed', 'the API did not say what it does');
}

function show({ io, label }: Waiting, job: JsonRecord): void {
  const progress = isRecord(job['progress']) ? job['progress'] : {};
  const [done, all] = ['bytesDone', 'bytes'].map((field) => Number(progress[field] ?? 0));
  const [shardsDone, shards] = ['shardsDone', 'shards'].map((field) => Number(progress[field] ?? 0));
  // Bytes are known shard by shard: until the last one is known, shards are the better measure.
  if (all === 0 || shards !== 1) return showProgress(io, `${label}, shards`, shardsDone ?? 0, shards ?? 0);
  return showProgress(io, `${label}, bytes`, done ?? 0, all ?? 0);
}
