// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CliError } from '@shortlink/common/cli/exit-codes.ts';
import { runCli } from '../testing/fake-io.ts';
import { createNodes, existingNodes, type NodesToCreate } from './folders.ts';
import { basePortOf, connectable, devAddresses, indexOfFolder, parseSettings } from './layout.ts';

const io = { out: () => undefined, err: () => undefined, rewrite: undefined, env: {} };
let data: string;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'dev-'));
});
afterEach(() => rmSync(data, { recursive: true }));

function plan(indexes: readonly number[], more: Partial<NodesToCreate> = {}): NodesToCreate {
  return { data, indexes, basePort: undefined, settings: new Map(), ...more };
}

test('node i listens at its offsets from the base port, counted from 0', () => {
  expect(devAddresses(7400, 1)).toEqual({
    redirect: '127.0.0.1:7401',
    api: '127.0.0.1:7501',
    grpc: '127.0.0.1:7601',
    peer: '127.0.0.1:7701',
    ops: '127.0.0.1:7801',
  });
  expect(devAddresses(7400, 0).redirect).toBe('127.0.0.1:7400');
  expect(basePortOf('127.0.0.1:7403', 3)).toBe(7400);
});

test('the first nodes found a cluster together, with the settings that were given', () => {
  const { given, problems } = parseSettings(['redirect.status=307', 'links.schemes=http,https,ftp']);
  expect(problems).toEqual([]);
  const nodes = createNodes([], plan([1, 2, 3], { basePort: 9000, settings: given }), io);
  const founders = ['node1=127.0.0.1:9301', 'node2=127.0.0.1:9302', 'node3=127.0.0.1:9303'];
  for (const node of nodes) {
    expect(node.config.cluster).toMatchObject({ initialNodes: founders, join: [] });
    expect(node.config.redirect.status).toBe(307);
    expect(node.config.links.schemes).toEqual(['http', 'https', 'ftp']);
    expect(node.config.shutdown.lameDuckMs).toBe(0);
    expect(node.config.data.dir).toBe(node.folder);
  }
});

test('later nodes join through the existing ones, on the ports after theirs', () => {
  createNodes([], plan([1, 2], { basePort: 9000 }), io);
  const [third] = createNodes(existingNodes(data, io), plan([3]), io);
  expect(third?.config.cluster).toMatchObject({ initialNodes: [], join: ['127.0.0.1:9301', '127.0.0.1:9302'] });
  expect(third?.config.redirect.address).toBe('127.0.0.1:9003');
});

test('existing folders are taken as they are, with other ports too, in the order of their numbers', () => {
  createNodes([], plan([1, 2, 10], { basePort: 9000 }), io);
  const file = join(data, 'node2', 'config.yaml');
  writeFileSync(file, readFileSync(file, 'utf8').replace('127.0.0.1:9002', '127.0.0.1:9999'));
  const nodes = existingNodes(data, io);
  expect(nodes.map((node) => node.index)).toEqual([1, 2, 10]);
  expect(nodes[1]?.config.redirect.address).toBe('127.0.0.1:9999');
});

test('a folder that exists is never written over', () => {
  createNodes([], plan([1]), io);
  expect(() => createNodes([], plan([1]), io)).toThrow('EEXIST');
});

test('a configuration that is broken is named', () => {
  createNodes([], plan([1]), io);
  writeFileSync(join(data, 'node1', 'config.yaml'), 'node: { name: "Not Valid" }');
  expect(() => existingNodes(data, io)).toThrow(CliError);
});

test('add-node makes the next folder and says how to start it', async () => {
  createNodes([], plan([0, 1, 2], { basePort: 9000 }), io);
  const ran = await runCli(['add-node', '--data', data, '--set', 'node.zone=b']);
  expect(ran.out).toBe(`start it: npx shortlink node --config ${join(data, 'node3', 'config.yaml')}`);
  expect(existingNodes(data, io)[3]?.config.node).toMatchObject({ name: 'node3', zone: 'b' });
});

test('the nodes share a folder of objects that can be moved with theirs', async () => {
  createNodes([], plan([0, 1]), io);
  const moved = `${data}-moved`;
  renameSync(data, moved);
  try {
    expect((await runCli(['add-node', '--data', moved])).exitCode).toBe(0);
    const urls = existingNodes(moved, io).map((node) => node.config.objectStore.url);
    const objects = pathToFileURL(join(moved, 'objects')).href;
    expect(urls).toEqual([objects, objects, objects]);
    expect(readFileSync(join(moved, 'node2', 'config.yaml'), 'utf8')).toContain('url: file:../objects');
  } finally {
    renameSync(moved, data);
  }
});

test('a later node keeps its objects where the others do, and nowhere when they do not', () => {
  const settings = new Map([
    ['objectStore.url', 's3://chunks/dev'],
    ['objectStore.endpoint', 'http://127.0.0.1:9000'],
  ]);
  createNodes([], plan([0], { settings }), io);
  const [second] = createNodes(existingNodes(data, io), plan([1]), io);
  expect(second?.config.objectStore).toMatchObject({ url: 's3://chunks/dev', endpoint: 'http://127.0.0.1:9000' });
  const file = join(data, 'node0', 'config.yaml');
  writeFileSync(file, readFileSync(file, 'utf8').replace(/objectStore:\n(?: .*\n)+/, ''));
  const [third] = createNodes(existingNodes(data, io), plan([2]), io);
  expect(third?.config.objectStore.url).toBe('');
});

test('only folders of the layout count', () => {
  expect(['node0', 'node1', 'node99', 'node01', 'node100', 'node', 'nodeX'].map(indexOfFolder)).toEqual([
    0,
    1,
    99,
    ...Array.from({ length: 4 }),
  ]);
});

test('a listener on every interface is reached on the loopback', () => {
  expect(connectable('0.0.0.0:80')).toBe('127.0.0.1:80');
  expect(connectable('[::1]:80')).toBe('[::1]:80');
});
