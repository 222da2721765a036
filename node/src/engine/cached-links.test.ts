// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { Command } from '../core/statemachine/commands.ts';
import type { LinkResolution } from '../core/statemachine/resolution.ts';
import { noColdTier } from '../ports/cold-tier.ts';
import type { KvReader } from '../ports/kv-engine.ts';
import { resolveCached } from './client/cached-resolve.ts';
import { readTiers } from './client/cold-reads.ts';
import { LinkCache } from './client/link-cache.ts';
import { readLocally } from './client/local-reads.ts';
import { ShardsClient } from './client/shards-client.ts';
import type { ReadView } from './engine-api.ts';
import type { Engine } from './engine.ts';
import { ShardMachine } from './machines/shard-machine.ts';
import { create, engineAt, formedCluster, write } from './testing/engine-client.ts';
import type { TestCluster } from './testing/test-cluster.ts';

const shard = 1;
const timeoutMs = 20_000;
let updates = 0;

function update(code: string, url: string): Command {
  updates++;
  const key = Uint8Array.from({ length: 16 }, (_, i) => (i < 4 ? (updates >>> (8 * i)) & 0xff : 0xee));
  const dedup = { key, fingerprint: new Uint8Array(8) };
  return { type: 'updateLink', dedup, code, ifRevision: undefined, url, expiresAtMs: undefined, disabled: undefined };
}

/** A serving thread of a node, and how often it had to read the store. */
function servingThread(cluster: TestCluster, engine: Engine) {
  const { store, linkVersions, clock, random } = engine.deps;
  let rowsRead = 0;
  const reader: KvReader = {
    get: (column, key) => {
      rowsRead++;
      return store.get(column, key);
    },
    getMany: (column, keys) => store.getMany(column, keys),
    scan: (column, range, options) => store.scan(column, range, options),
    cursor: (column, range) => store.cursor(column, range),
  };
  const linkCache = new LinkCache(linkVersions, 1_000_000);
  const timers = {
    after: (_delayMs: number, run: () => void) => {
      queueMicrotask(run);
      return () => {};
    },
  };
  const shards = new ShardsClient({ engine, clock, timers, random, reader, coldTier: noColdTier, linkCache });
  const resolve = async (...codes: string[]): Promise<readonly (LinkResolution | undefined)[]> => {
    let outcome: readonly (LinkResolution | undefined)[] | undefined;
    void shards
      .resolve(shard, codes, { consistency: 'linearizable', timeoutMs })
      .then(async (resolutions) => Promise.all(resolutions.map(async (one) => one)))
      .then((resolutions) => (outcome = resolutions));
    await cluster.until('a resolution', () => outcome !== undefined);
    return outcome ?? [];
  };
  return { resolve, rowsRead: () => rowsRead };
}

function found(url: string): LinkResolution {
  return { kind: 'found', url, expiresAtMs: undefined };
}

function viewOf(engine: Engine): ReadView {
  const machine = engine.host.replicasByShard.get(shard)?.machine;
  if (!(machine instanceof ShardMachine)) throw new Error('no shard here');
  return machine.view(0);
}

/** What one code comes to through a view, by a cache over a reader. */
async function resolveOne(reader: KvReader, cache: LinkCache, view: ReadView) {
  const tiers = { reader, coldTier: noColdTier, leftMs: () => timeoutMs };
  const resolutions = await resolveCached(
    cache,
    { shard, codes: ['a'], view },
    {
      through: async (through, operations) => readTiers(tiers, shard, operations, through),
      anew: async () => expect.fail('one view is enough'),
    },
  );
  return resolutions?.[0];
}

describe('cached links (H-I12)', () => {
  it('are answered without a look at the store, and never as they were before a change', async () => {
    const cluster = await formedCluster(3);
    const threads = cluster.engines.map((engine) => servingThread(cluster, engine));
    await write(cluster, engineAt(cluster, 0), create('a', 'https://a.example/0'));
    for (let i = 0; i < 6; i++) {
      for (const { resolve, rowsRead } of threads) {
        expect(await resolve('a', 'none', 'a')).toEqual([
          found(`https://a.example/${i}`),
          { kind: 'notFound' },
          found(`https://a.example/${i}`),
        ]);
        await resolve('a');
        const before = rowsRead();
        expect(await resolve('a')).toEqual([found(`https://a.example/${i}`)]);
        expect(rowsRead()).toBe(before);
      }
      await write(cluster, engineAt(cluster, i % 3), update('a', `https://a.example/${i + 1}`));
    }
  });

  it('are told of a change once it is in the store, before whoever made it is answered', async () => {
    const cluster = await formedCluster(1);
    const engine = engineAt(cluster, 0);
    await write(cluster, engine, create('a', 'https://a.example/0'));
    const { store, linkVersions } = engine.deps;
    const place = linkVersions.placeOf(shard, 'a');
    const first = linkVersions.at(place);
    const urlInStore = (): string => {
      const local = readLocally(store, { shard, view: viewOf(engine), cold: undefined }, [{ type: 'link', code: 'a' }]);
      const result = local.kind === 'results' ? local.results[0] : undefined;
      return result?.kind === 'link' ? result.link.url : 'nothing';
    };
    const seen: string[] = [];
    const see = (when: string): void => void seen.push(`${when}: ${urlInStore()} ${linkVersions.at(place) - first}`);
    const storeWrite = store.write.bind(store);
    store.write = (batch, options) => {
      storeWrite(batch, options);
      if (seen.length === 0 && urlInStore() !== 'https://a.example/0') see('in the store');
    };
    const answered = write(cluster, engine, update('a', 'https://a.example/1')).then(() => see('answered'));
    engine.barrier(shard, timeoutMs, () => see('view'));
    await answered;
    expect(seen[0]).toBe('in the store: https://a.example/1 0');
    expect(seen.slice(1).toSorted()).toEqual(['answered: https://a.example/1 1', 'view: https://a.example/1 1']);
  });

  it('are not kept as they were when they change while they are read', async () => {
    const cluster = await formedCluster(1);
    const engine = engineAt(cluster, 0);
    await write(cluster, engine, create('a', 'https://a.example/0'));
    const { store, linkVersions } = engine.deps;
    const cache = new LinkCache(linkVersions, 1_000_000);
    const view = viewOf(engine);
    // The row is read, and before it is remembered the engine's thread has written and announced another one.
    const reader: KvReader = {
      ...{ getMany: store.getMany.bind(store), scan: store.scan.bind(store), cursor: store.cursor.bind(store) },
      get: (column, key) => {
        const value = store.get(column, key);
        linkVersions.raise(shard, new TextEncoder().encode('a'));
        return value;
      },
    };
    expect(await resolveOne(reader, cache, view)).toEqual(found('https://a.example/0'));
    expect(cache.find('a', view)).toBeUndefined();
  });

  it('are not kept when the copy of the shard went away while it was read', async () => {
    const cluster = await formedCluster(1);
    const engine = engineAt(cluster, 0);
    await write(cluster, engine, create('a', 'https://a.example/0'));
    const { store, linkVersions } = engine.deps;
    const cache = new LinkCache(linkVersions, 1_000_000);
    const view = { ...viewOf(engine), slot: 4711 };
    expect(await resolveOne(store, cache, view)).toBeUndefined();
    expect(cache.takeStats().bytes).toBe(0);
  });

  it('do not outlive the copy of the shard that a snapshot replaces', async () => {
    const cluster = await formedCluster(3);
    await write(cluster, engineAt(cluster, 0), create('a', 'https://a.example/0'));
    const away = cluster.engines.findIndex((engine) => engine.host.replicasByShard.get(shard)?.isLeader !== true);
    const thread = servingThread(cluster, engineAt(cluster, away));
    expect(await thread.resolve('a')).toEqual([found('https://a.example/0')]);
    const slotBefore = viewOf(engineAt(cluster, away)).slot;
    cluster.network.cut(engineAt(cluster, away).nodeId);
    const other = engineAt(cluster, (away + 1) % 3);
    await write(cluster, other, update('a', 'https://a.example/1'));
    for (let i = 0; i < 300; i++) await write(cluster, other, create(`s${i}`, 'https://s.example/'));
    cluster.network.heal(engineAt(cluster, away).nodeId);
    expect(await thread.resolve('a')).toEqual([found('https://a.example/1')]);
    expect(viewOf(engineAt(cluster, away)).slot).not.toBe(slotBefore);
  });
});
