// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DiskChunkFiles } from '../adapters/chunk-files/disk-chunk-files.ts';
import { FileObjectStore } from '../adapters/object-store/file-store.ts';
import { RocksKvEngine } from '../adapters/rocksdb/rocks-kv-engine.ts';
import { dataDirPaths, prepareDataDir } from '../adapters/system/data-dir.ts';
import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/options.ts';
import { defaultChunkParameters } from '../core/chunk/chunk-parameters.ts';
import { buildChunk, codec } from '../core/chunk/testing/chunks.ts';
import { plausibleLinks, rowsOfLinks } from '../core/chunk/testing/state-rows.ts';
import type { ChunkRow } from '../core/chunk/chunk-row.ts';
import { encodeChunkRecord } from '../core/lifecycle/records-codec.ts';
import { namespaces, objectKey, shardStateKey } from '../core/statemachine/keys.ts';
import { encodeShardState, initialShardState } from '../core/statemachine/shard-state.ts';
import { objectOf } from '../engine/chunks/chunk-object.ts';
import type { ToColdTier } from '../engine/client/cold-channel.ts';
import type { ColdNeed } from '../core/statemachine/cold-overlay.ts';
import { ColdWorker } from './cold-worker.ts';

const scope = { shard: 1, slot: 1 };
const name = 'clusters/c/chunks/1/chunk';
const rows = rowsOfLinks(plausibleLinks(20_000));
const { bytes, summary } = buildChunk(rows);

let folder: string;
let objects: FileObjectStore;
let store: RocksKvEngine;
let cold: ColdWorker;
let copies: MessageChannel;
const fatal: string[] = [];

function settings(): Config {
  const argv = ['--node.name', 'a', '--data.dir', folder, '--cluster.initialNodes', 'a=127.0.0.1:8083'];
  const url = pathToFileURL(join(folder, 'objects')).href;
  const loaded = loadConfig({
    argv: [...argv, '--objectStore.url', url, '--log.level', 'error'],
    env: {},
    file: undefined,
  });
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems));
  return loaded.config;
}

function writeChunkSet(): void {
  const generations = { firstGeneration: 1, lastGeneration: 1, level: 0, addedVersion: 1 };
  const record = { object: objectOf(name, summary), ...generations, holders: [] };
  const batch = store.batch();
  batch.put('state', shardStateKey(scope), encodeShardState({ ...initialShardState(), chunkSetVersion: 1 }));
  batch.put('state', objectKey(namespaces.chunk, scope, name), encodeChunkRecord(record));
  store.write(batch, { sync: true });
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'shortlink-cold-'));
  const config = settings();
  objects = await FileObjectStore.open(join(folder, 'objects'));
  await objects.put(name, bytes, { timeoutMs: 10_000, crc32: codec.crc32(bytes) });
  store = await RocksKvEngine.open({ path: prepareDataDir(folder).store });
  writeChunkSet();
  copies = new MessageChannel();
  const data = { config, handle: store.handle, nodeId: 'n', engine: new MessageChannel().port1, copies: copies.port1 };
  cold = new ColdWorker(data, { onMetrics: () => {}, onFatal: (message) => void fatal.push(message) });
  await cold.started();
});
afterEach(async () => {
  await cold.stop();
  await store.close();
  await objects.close();
  rmSync(folder, { recursive: true, force: true });
  const [failure] = fatal.splice(0);
  if (failure !== undefined) throw new Error(failure);
});

function query({ key }: ChunkRow): ToColdTier {
  const needs: ColdNeed[] = [{ kind: 'row', namespace: namespaces.link, suffix: key.subarray(1) }];
  return { id: 1, query: { ...scope, version: 1, needs }, timeoutMs: 60_000 };
}

function rowAt(place: number): ChunkRow {
  const row = rows.filter(({ key }) => key[0] === namespaces.link).at(place);
  if (row === undefined) throw new Error('no such row');
  return row;
}

function found({ value }: ChunkRow): object {
  return [{ id: 1, answer: { kind: 'found', found: [{ kind: 'row', value }] } }];
}

async function makeCopy(files: DiskChunkFiles, content: Uint8Array): Promise<void> {
  const file = await files.create(name);
  await file.append(content);
  await file.finish();
}

it('answers while a thread makes a chunk and does not pause', () => {
  const port = cold.connect();
  const wanted = rowAt(777);
  port.postMessage([query(wanted)]);
  // Nothing of this thread's event loop runs until the answer is here.
  let received: ReturnType<typeof receiveMessageOnPort>;
  for (let chunks = 0; received === undefined && chunks < 100; chunks++) {
    buildChunk(rows, defaultChunkParameters);
    received = receiveMessageOnPort(port);
  }
  expect(received?.message).toMatchObject(found(wanted));
  port.close();
});

it('reads around a copy that is wrong and says so, until there is a new one', async () => {
  const files = await DiskChunkFiles.open(dataDirPaths(folder).chunks);
  const port = cold.connect();
  const blocksEnd = bytes.length - summary.tailBytes;
  await makeCopy(
    files,
    bytes.map((byte, i) => (i < blocksEnd ? byte ^ 0xff : byte)),
  );
  const corrupt = once(copies.port2, 'message');
  port.postMessage([query(rowAt(-1))]);
  expect((await once(port, 'message'))[0]).toMatchObject(found(rowAt(-1)));
  expect((await corrupt)[0]).toEqual([{ name }]);

  await makeCopy(files, bytes);
  await objects.delete(name, { timeoutMs: 10_000 });
  copies.port2.postMessage([{ type: 'copied', name }]);
  port.postMessage([query(rowAt(0))]);
  expect((await once(port, 'message'))[0]).toMatchObject(found(rowAt(0)));
  await files.close();
  port.close();
});
