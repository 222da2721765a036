// SPDX-License-Identifier: Apache-2.0
import { noColdTier } from '../src/ports/cold-tier.ts';
import type { ColdTier } from '../src/ports/cold-tier.ts';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ShardsClient } from '../src/engine/client/shards-client.ts';
import { turn } from '../src/engine/host/turn.ts';
import { newLinksService } from '../src/services/links.ts';
import type { LinksService } from '../src/services/links.ts';
import { Network } from './network.ts';
import { engineConfig } from './engine-configs.ts';
import { SimNode } from './sim-node.ts';
import type { SimProcess } from './sim-process.ts';
import { World } from './world.ts';

const names = ['n1', 'n2', 'n3'];

function serviceOf(process: SimProcess): LinksService {
  const { engine, clock, timers, store, random } = process;
  const shards = new ShardsClient({ engine, clock, timers, random, reader: store, coldTier: noColdTier });
  const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();
  return newLinksService(
    { shards, clock, random, sha256 },
    { codeLength: 8, destinations: { schemes: new Set(['https']), ownHosts: new Set() } },
  );
}

function startCluster(seed: number) {
  const world = new World({ seed });
  const network = new Network(world, { delayUs: { least: 100, most: 2_000 }, lateFrames: true, snapshotCutChance: 0 });
  const defects: unknown[] = [];
  const hooks = {
    tickMs: 100,
    turnFor: () => turn,
    honoursSync: true,
    coldTier: (tier: ColdTier) => tier,
    onDefect: (_process: SimProcess, error: unknown) => void defects.push(error),
    onStarted: () => {},
  };
  const nodes = names.map((name) => {
    const config = engineConfig({ name, founders: names, initialShards: 2 });
    return new SimNode({ world, network, config, hooks });
  });
  for (const node of nodes) node.start();
  return { world, nodes, defects };
}

describe('three nodes in one process', () => {
  it('form a cluster by themselves, and a link created through one is read through the others', async () => {
    const { world, nodes, defects } = startCluster(1);
    const isReady = (): boolean => nodes.every((node) => node.process?.engine.health().ready === true);
    await world.run(20_000_000, () => isReady() || defects.length > 0);
    expect(defects).toEqual([]);
    expect(nodes.map((node) => node.process?.engine.health().waitingFor)).toEqual([undefined, undefined, undefined]);
    const services = nodes.flatMap((node) => (node.process === undefined ? [] : [serviceOf(node.process)]));
    const urls: string[] = [];
    const work = (async () => {
      const link = await services[0]?.create({ url: 'https://example.com/a' }, { timeoutMs: 3_000 });
      for (const service of services) {
        const read = await service.get(link?.code ?? '', { timeoutMs: 3_000, consistency: 'linearizable' });
        urls.push(read.url);
      }
    })();
    await world.run(world.nowUs + 10_000_000);
    await work;
    expect(urls).toEqual(['https://example.com/a', 'https://example.com/a', 'https://example.com/a']);
  });
});
