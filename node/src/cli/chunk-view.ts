// SPDX-License-Identifier: Apache-2.0
import { callApi, type Api } from './api-client.ts';
import { CliError } from '@shortlink/common/cli/exit-codes.ts';
import { isRecord, recordsOf, textOf, type JsonRecord } from '@shortlink/common/cli/json.ts';

export interface WaitView {
  readonly step: string;
  readonly missing: number;
}

export interface GenerationView {
  readonly id: number;
  readonly isActive: boolean;
  /** Empty while it is active. */
  readonly waits: readonly WaitView[];
  readonly raw: JsonRecord;
}

export interface ShardChunksView {
  readonly shard: number;
  /** Newest first. */
  readonly generations: readonly GenerationView[];
  /** The chunks of the page. */
  readonly chunks: readonly JsonRecord[];
  readonly raw: JsonRecord;
}

export interface ChunkPageView {
  readonly shards: readonly ShardChunksView[];
  /** Undefined at the end. */
  readonly cursor: string | undefined;
}

export interface ChunkPageQuery {
  readonly shard: number | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** @throws CliError */
export async function readChunkPage(api: Api, query: ChunkPageQuery): Promise<ChunkPageView> {
  const answer = await callApi(api, { method: 'GET', path: ['chunks'], query: { ...query } });
  if (!isRecord(answer)) throw new CliError('failed', 'the API said nothing about chunks');
  return { shards: recordsOf(answer['shards']).map(shardView), cursor: textOf(answer['cursor']) };
}

/** Page by page to the end. A shard that comes again has more chunks. @throws CliError */
export async function readAllChunks(api: Api, query: ChunkPageQuery): Promise<readonly ShardChunksView[]> {
  const shards = new Map<number, ShardChunksView>();
  let { cursor } = query;
  do {
    const page = await readChunkPage(api, { ...query, cursor });
    for (const next of page.shards) {
      const before = shards.get(next.shard)?.chunks ?? [];
      shards.set(next.shard, { ...next, chunks: [...before, ...next.chunks] });
    }
    ({ cursor } = page);
  } while (cursor !== undefined);
  return [...shards.values()];
}

function shardView(raw: JsonRecord): ShardChunksView {
  const generations = recordsOf(raw['generations']).map(generationView);
  return { shard: Number(raw['shard']), generations, chunks: recordsOf(raw['chunks']), raw };
}

function generationView(raw: JsonRecord): GenerationView {
  const waits = recordsOf(raw['waitsFor']).map(({ step, missing }) => {
    return { step: textOf(step) ?? '', missing: Number(missing) };
  });
  return { id: Number(raw['id']), isActive: raw['state'] === 'active', waits, raw };
}
