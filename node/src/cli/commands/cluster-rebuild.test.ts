// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FileObjectStore } from '../../adapters/object-store/file-store.ts';
import { RocksKvEngine } from '../../adapters/rocksdb/rocks-kv-engine.ts';
import { ChunkCluster } from '../../engine/chunks/testing/chunk-cluster.ts';
import { readCachedMap, readIdentity, readReplicaRecords } from '../../engine/storage/directory.ts';
import { create, engineAt, write } from '../../engine/testing/engine-client.ts';
import { runCli } from '../testing/fake-io.ts';

let folder: string;
let from: string;
let clusterId: string;

/** What a cluster with links in chunks and in a checkpoint leaves in a folder. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'shortlink-rebuild-'));
  const old = await ChunkCluster.start({ nodes: 3 });
  for (let i = 0; i < 40; i++) await write(old.cluster, engineAt(old.cluster, 0), create(`a${i}`, `https://x/${i}`));
  await old.until('a chunk and a checkpoint', () => old.objects('/manifests/00000001/').length > 1);
  clusterId = engineAt(old.cluster, 0).volume.clusterId ?? '';
  const objects = join(folder, 'objects');
  from = pathToFileURL(objects).href;
  const store = await FileObjectStore.open(objects);
  for (const name of old.objects(''))
    await store.put(name, old.bucket.get(name) ?? new Uint8Array(0), { timeoutMs: 10_000 });
  await store.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('cluster rebuild', () => {
  it('refuses what cannot be meant before it does anything', async () => {
    const data = join(folder, 'refused');
    const adopt = ['--adopt', '--set', 'objectStore.url=file:///elsewhere'];
    const other = await runCli(['cluster', 'rebuild', '--from', from, '--data', data, ...adopt]);
    expect(other.exitCode).toBe(2);
    expect(other.err).toContain('objectStore.url must be the URL of --from');
    const setting = await runCli(['cluster', 'rebuild', '--from', from, '--data', data, '--set', 'nonsense=1']);
    expect(setting.exitCode).toBe(2);
    const unknown = await runCli(['cluster', 'rebuild', '--from', from, '--data', data, '--cluster', 'x']);
    expect(unknown).toMatchObject({ exitCode: 1 });
    expect(unknown.err).toContain(`no manifest of a cluster x; it holds ${clusterId}`);
    const empty = pathToFileURL(join(data, 'nothing')).href;
    expect((await runCli(['cluster', 'rebuild', '--from', empty, '--data', data])).err).toContain('no manifest of any');
    expect(existsSync(join(data, 'node0'))).toBe(false);
  });

  it('is what dev asks for when the folders of the nodes are gone and the objects are there', async () => {
    const { exitCode, err } = await runCli(['dev', '--nodes', '1', '--data', folder]);
    expect(exitCode).toBe(4);
    expect(err).toContain(`formation is refused: the object store ${from} holds cluster ${clusterId}`);
    expect(existsSync(join(folder, 'node0'))).toBe(false);
  });

  it('writes the folders of nodes that are members of one new cluster', async () => {
    const set = ['--nodes', '2', '--base-port', '26000', '--set', 'redirect.status=307'];
    const made = await runCli(['cluster', 'rebuild', '--from', from, '--data', folder, ...set, '--output', 'json']);
    expect(made).toMatchObject({ exitCode: 0, err: '' });
    const report = JSON.parse(made.out) as { clusterId: string; shards: { chunkRows: number; asOfMs: number }[] };
    expect(report).toMatchObject({ from: clusterId, damaged: [], problems: [], nodes: [{ name: 'node0' }, {}] });
    expect(report.shards[0]?.chunkRows).toBeGreaterThan(0);
    expect(
      readdirSync(folder)
        .filter((name) => name !== 'refused')
        .toSorted(),
    ).toEqual(['node0', 'node1', 'objects']);
    for (const name of ['node0', 'node1']) {
      const text = readFileSync(join(folder, name, 'config.yaml'), 'utf8');
      expect(text).toContain('status: 307');
      // The folder that they share is found wherever all of them are moved.
      expect(text).toContain('url: file:../objects');
      const store = await RocksKvEngine.open({ path: join(folder, name, 'store'), mustExist: true });
      const identity = readIdentity(store);
      expect(identity).toMatchObject({ name, clusterId: report.clusterId });
      expect(readFileSync(join(folder, name, 'node-id'), 'utf8').trim()).toBe(identity?.nodeId);
      expect(readCachedMap(store)).toMatchObject({ clusterId: report.clusterId, epoch: 1 });
      expect(readReplicaRecords(store).map(({ shard }) => shard)).toEqual([0, 1]);
      await store.close();
    }
    const again = await runCli(['cluster', 'rebuild', '--from', from, '--data', folder]);
    expect(again.exitCode).toBe(4);
    expect(again.err).toContain('holds nodes already');
  });

  it('makes the volume of one node that others will join, once', async () => {
    const dataDir = join(folder, 'pod', 'data');
    const self = ['--node.name=links-0', `--data.dir=${dataDir}`, '--peer.advertise=links-0.example:8083'];
    const target = pathToFileURL(join(folder, 'pod', 'objects')).href;
    const run = async (...more: string[]) =>
      runCli(['cluster', 'rebuild-volume', '--from', from, '--again', `--objectStore.url=${target}`, ...self, ...more]);
    const joiner = await run('--cluster.initialNodes=links-1=links-1.example:8083', '--cluster.join=a:1');
    expect(joiner).toMatchObject({ exitCode: 0 });
    expect(joiner.out).toContain('nothing to do: links-0 is not the only one');
    expect(existsSync(dataDir)).toBe(false);
    const founder = '--cluster.initialNodes=links-0=links-0.example:8083';
    expect((await run(founder)).out).toMatch(/was rebuilt as cluster .* on the volume of links-0/);
    expect(readdirSync(dataDir).toSorted()).toEqual(['node-id', 'store']);
    const store = await RocksKvEngine.open({ path: join(dataDir, 'store'), mustExist: true });
    expect(readIdentity(store)).toMatchObject({ name: 'links-0' });
    expect(readCachedMap(store)?.nodes.map(({ addresses }) => addresses.peer)).toEqual(['links-0.example:8083']);
    await store.close();
    expect((await run(founder)).out).toContain('nothing to do: there is a volume');
  });

  it('says for people what is back and as of when, and that it was done before', async () => {
    const data = join(folder, 'again');
    const first = ['cluster', 'rebuild', '--from', from, '--cluster', clusterId, '--data', data, '--nodes', '1'];
    const refused = await runCli(first);
    expect(refused.exitCode).toBe(1);
    expect(refused.err).toMatch(/was rebuilt as cluster .* already/);
    const { exitCode, out } = await runCli([...first, '--again']);
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^cluster .* was rebuilt as cluster .* of 1 nodes in /);
    expect(out).toMatch(/^1 +\d+ +\d+ +\d+ +\d{4}-\d\d-\d\dT/m);
    expect(out).toContain('Lost is what was written after these times');
    expect(out).toContain(`npx shortlink dev --data ${data}`);
    expect(readFileSync(join(data, 'node0', 'config.yaml'), 'utf8')).toContain(`url: ${from}`);
  });
});
