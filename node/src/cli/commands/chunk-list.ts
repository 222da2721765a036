// SPDX-License-Identifier: Apache-2.0
import { limits } from '@shortlink/common/limits.ts';
import { readAllChunks, readChunkPage, type ChunkPageView, type ShardChunksView } from '../chunk-view.ts';
import { apiOf, clientFlags, printResult } from '../client-flags.ts';
import { readCluster } from '../cluster-view.ts';
import { command } from '@shortlink/common/cli/command.ts';
import { isRecord, recordsOf, textOf, type JsonRecord } from '@shortlink/common/cli/json.ts';
import { renderTable } from '@shortlink/common/cli/table.ts';
import { waitWords } from '../wait-words.ts';

export const chunkListCommand = command({
  path: ['chunk', 'list'],
  summary: 'Show what is on its way to the object store, and the chunks that are there',
  args: [],
  flags: {
    shard: { kind: 'int', min: 1, max: 999_999_999, help: 'Only this shard.' },
    limit: { kind: 'int', default: 100, min: 0, max: limits.listMaxLinks, help: 'Chunks at most; 0: none.' },
    cursor: { kind: 'string', help: 'Where the page before ended.' },
    all: { kind: 'bool', default: false, help: 'All chunks, in pages of --limit.' },
    ...clientFlags,
  },
  run: async ({ flags, io }) => {
    const api = apiOf(flags);
    const { shard, limit, cursor, all } = flags;
    const page: ChunkPageView = all
      ? { shards: await readAllChunks(api, { shard, limit, cursor }), cursor: undefined }
      : await readChunkPage(api, { shard, limit, cursor });
    const nodes = flags.output === 'json' ? [] : (await readCluster(api)).nodes;
    const names = new Map(nodes.map((node) => [node.id, node.name]));
    const shards = page.shards.map(({ raw, chunks }) => ({ ...raw, chunks }));
    printResult(io, flags.output, { shards, cursor: page.cursor ?? null }, () => pageText(page, names));
  },
});

type Names = ReadonlyMap<string, string>;

function pageText({ shards, cursor }: ChunkPageView, names: Names): string {
  const more = cursor === undefined ? [] : [`more: --cursor ${cursor}`];
  return [generationTable(shards, names), ...chunkTables(shards, names), ...more].join('\n\n');
}

function generationTable(shards: readonly ShardChunksView[], names: Names): string {
  const rows = shards.flatMap(({ shard, generations }) =>
    generations.map(({ id, raw, waits }) => [
      String(shard),
      String(id),
      ...texts(raw, 'state', 'rows', 'bytes', 'sealedAt'),
      String(recordsOf(raw['votes']).length),
      objectOf(raw, 'name'),
      objectOf(raw, 'sizeBytes'),
      holdersOf(raw, names),
      waitWords(waits),
    ]),
  );
  const head = ['shard', 'generation', 'state', 'rows', 'bytes', 'sealed', 'votes', 'object', 'size', 'holders'];
  return renderTable([...head, 'waits for'], rows);
}

function chunkTables(shards: readonly ShardChunksView[], names: Names): readonly string[] {
  const totals = shards.map(({ shard, raw }) => [
    String(shard),
    ...texts(raw, 'chunkSetVersion', 'chunkCount', 'chunkRows', 'chunkBytes', 'garbageCount', 'oldestGarbageAt'),
  ]);
  const head = ['shard', 'version', 'chunks', 'rows', 'bytes', 'garbage', 'oldest garbage'];
  const rows = shards.flatMap(({ shard, chunks }) =>
    chunks.map((chunk) => [
      String(shard),
      objectOf(chunk, 'name'),
      texts(chunk, 'firstGeneration', 'lastGeneration').join('–'),
      ...texts(chunk, 'level'),
      objectOf(chunk, 'rows'),
      objectOf(chunk, 'sizeBytes'),
      holdersOf(chunk, names),
    ]),
  );
  const chunkHead = ['shard', 'chunk', 'generations', 'level', 'rows', 'bytes', 'holders'];
  return [renderTable(head, totals), ...(rows.length === 0 ? [] : [renderTable(chunkHead, rows)])];
}

function texts(record: JsonRecord, ...fields: readonly string[]): readonly string[] {
  return fields.map((field) => textOf(record[field]) ?? '');
}

function objectOf(record: JsonRecord, field: string): string {
  return isRecord(record['object']) ? (textOf(record['object'][field]) ?? '') : '';
}

function holdersOf(record: JsonRecord, names: Names): string {
  const holders: readonly unknown[] = Array.isArray(record['holders']) ? record['holders'] : [];
  return holders.map((id) => names.get(String(id)) ?? String(id)).join(', ');
}
