// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { defined } from '@shortlink/common/assert.ts';
import { shortlinkProgram, type DevCluster, type NodeOfCluster } from '../shortlink/dev-cluster.ts';
import { createLinks, type LinkRow, type SeededLink } from '../shortlink/seed-links.ts';

/** Links of one chunk, in the order of their codes, and the only node that has a copy of it. */
export interface PlacedLinks {
  readonly links: readonly SeededLink[];
  readonly holder: string;
}

interface ChunkList {
  readonly shards: readonly {
    readonly chunks: readonly { readonly lastGeneration: number; readonly holders: readonly string[] }[];
  }[];
}

interface RingStatus {
  readonly nodes: readonly { readonly id: string; readonly name: string }[];
}

/** Makes one chunk of these links, and waits until it is retired. */
export async function placeLinks(cluster: DevCluster, rows: readonly LinkRow[]): Promise<PlacedLinks> {
  const node = defined(cluster.nodes[0], 'the first node');
  const links = await createLinks(node, rows);
  await ask(node, 'shard', 'upload', '--all', '--wait');
  const list = JSON.parse(await ask(node, 'chunk', 'list', '--all', '--output', 'json')) as ChunkList;
  const chunks = list.shards.flatMap((shard) => shard.chunks);
  const newest = defined(chunks.toSorted((a, b) => b.lastGeneration - a.lastGeneration)[0], 'a chunk');
  const ring = JSON.parse(await ask(node, 'ring', 'status', '--output', 'json')) as RingStatus;
  const names = newest.holders.flatMap((id) => ring.nodes.filter((one) => one.id === id).map(({ name }) => name));
  return {
    links: links.toSorted((a, b) => (a.code < b.code ? -1 : 1)),
    holder: defined(names[0], 'the holder of a chunk'),
  };
}

async function ask(node: NodeOfCluster, ...args: readonly string[]): Promise<string> {
  const env = { ...process.env, SHORTLINK_API: `http://${node.api}` };
  const { stdout } = await promisify(execFile)(shortlinkProgram, [...args], { env, maxBuffer: 64 * 2 ** 20 });
  return stdout;
}

/** Links so far from each other that each lies in a block of its own. */
export function oneOfEachBlock({ links }: PlacedLinks, blockRows: number): SeededLink[] {
  return links.filter((_, i) => i % blockRows === 0);
}
