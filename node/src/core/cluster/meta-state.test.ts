// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { metaShardId } from '@shortlink/common/ids.ts';
import { compareBytes, utf8 } from '@shortlink/common/bytes.ts';
import { shardOf } from './cluster-map.ts';
import type { ShardInfo } from './cluster-map.ts';
import { initialSplits } from './initial-splits.ts';
import { decodeJson, encodeJson } from './map-codec.ts';
import { applyMetaCommand } from './apply-meta.ts';
import { formed, mapOf, nodeInfo, run } from './testing/maps.ts';

/** JSON has no undefined. */
function withoutEnd(shard: ShardInfo): Omit<ShardInfo, 'end'> {
  const { end: _, ...rest } = shard;
  return rest;
}

describe('the meta group’s state', () => {
  it('forms once: a second formation changes nothing', () => {
    const state = formed({ nodes: 3, shards: 2 });
    const again = applyMetaCommand(state, {
      type: 'initialize',
      record: { clusterId: 'other', founders: [nodeInfo('z')], initialShards: 1, policy: mapOf(state).policy },
    });
    expect(again.result.ok).toBe(false);
    expect(again.state).toBe(state);
  });

  it('gives founders of the meta group the ids 1…n and every other replica an id of its own', () => {
    const map = mapOf(formed({ nodes: 3, shards: 4 }));
    expect(map.meta.map((replica) => replica.id)).toEqual([1, 2, 3]);
    const ids = [map.meta, ...map.shards.map((shard) => shard.replicas)].flat().map((replica) => replica.id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('spreads the replicas of the shards over nodes that hold no replica of the meta group, too', () => {
    const map = mapOf(formed({ nodes: 5, shards: 5 }));
    const used = new Set(map.shards.flatMap((shard) => shard.replicas.map((replica) => replica.nodeId)));
    expect(used.size).toBe(5);
    expect(map.meta).toHaveLength(3);
  });

  it('spreads founders of a group over zones, and replicas over nodes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 9 }),
        fc.integer({ min: 1, max: 20 }),
        (zones, shards) => {
          const map = mapOf(formed({ nodes: zones.length, shards, zones }));
          const zoneOf = (id: string) => map.nodes.find((node) => node.id === id)?.zone;
          for (const replicas of [map.meta, ...map.shards.map((shard) => shard.replicas)]) {
            expect(new Set(replicas.map(({ nodeId }) => nodeId)).size).toBe(Math.min(3, zones.length));
            const used = new Set(replicas.map(({ nodeId }) => zoneOf(nodeId)));
            expect(used.size).toBe(Math.min(replicas.length, new Set(zones).size));
          }
        },
      ),
    );
    for (const nodes of [3, 4, 5, 7, 10]) {
      for (const shards of [1, 2, 3, 4, 7, 16]) {
        const map = mapOf(formed({ nodes, shards }));
        const loads = map.nodes.map(
          ({ id }) => map.shards.filter((s) => s.replicas.some((replica) => replica.nodeId === id)).length,
        );
        expect(Math.max(...loads) - Math.min(...loads), `${nodes} nodes, ${shards} shards`).toBeLessThanOrEqual(1);
      }
    }
  });

  it('never gives a replica id twice, whatever is added and removed (H5)', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ add: fc.boolean(), node: fc.integer({ min: 0, max: 5 }), shard: fc.integer({ min: 0, max: 2 }) }),
          { maxLength: 60 },
        ),
        (steps) => {
          let state = formed({ nodes: 6, shards: 2 });
          const given = [mapOf(state).meta, ...mapOf(state).shards.map((s) => s.replicas)].flat().map((r) => r.id);
          for (const { add, node, shard } of steps) {
            const nodeId = `n${node}`;
            if (add) {
              const { state: next, result } = applyMetaCommand(state, { type: 'addReplica', shard, nodeId });
              state = next;
              if (!result.ok || result.replicaId === undefined) continue;
              given.push(result.replicaId);
            } else {
              const replicas =
                shard === metaShardId
                  ? mapOf(state).meta
                  : (mapOf(state).shards.find((s) => s.id === shard)?.replicas ?? []);
              const victim = replicas.find((replica) => replica.nodeId === nodeId);
              if (victim !== undefined) state = run(state, { type: 'removeReplica', shard, replicaId: victim.id });
            }
          }
          expect(new Set(given).size).toBe(given.length);
        },
      ),
    );
  });

  it('refuses to remove the last replica of a group', () => {
    let state = formed({ nodes: 3, shards: 1 });
    const [first, second, third] = mapOf(state).meta;
    state = run(state, { type: 'removeReplica', shard: metaShardId, replicaId: first?.id ?? 0 });
    state = run(state, { type: 'removeReplica', shard: metaShardId, replicaId: second?.id ?? 0 });
    const { result } = applyMetaCommand(state, {
      type: 'removeReplica',
      shard: metaShardId,
      replicaId: third?.id ?? 0,
    });
    expect(result).toEqual({ ok: false, message: `replica ${third?.id} is the last one of shard 0` });
  });

  it('refuses to forget a node that holds replicas, and to drain the last active node', () => {
    const state = formed({ nodes: 2, shards: 1 });
    expect(applyMetaCommand(state, { type: 'removeNode', nodeId: 'n0' }).result.ok).toBe(false);
    const drained = run(state, { type: 'setNodeState', nodeId: 'n0', state: 'draining' });
    expect(applyMetaCommand(drained, { type: 'setNodeState', nodeId: 'n1', state: 'draining' }).result.ok).toBe(false);
  });

  it('drains the node whose name a new node takes: its volume is gone for good', () => {
    const state = run(formed({ nodes: 3, shards: 1 }), { type: 'putNode', node: { ...nodeInfo('fresh'), name: 'n1' } });
    const map = mapOf(state);
    expect(map.nodes.find((node) => node.id === 'n1')?.state).toBe('draining');
    expect(map.nodes.find((node) => node.id === 'fresh')?.state).toBe('active');
  });

  it('raises the epoch with every change and only then', () => {
    const state = formed({ nodes: 3, shards: 1 });
    const same = run(state, { type: 'setNodeState', nodeId: 'n0', state: 'active' });
    expect(mapOf(same).epoch).toBe(mapOf(state).epoch);
    expect(mapOf(run(state, { type: 'setNodeState', nodeId: 'n0', state: 'draining' })).epoch).toBe(
      mapOf(state).epoch + 1,
    );
  });

  it('survives its encoding', () => {
    const state = formed({ nodes: 5, shards: 7 });
    expect(decodeJson(encodeJson(state))).toEqual({
      ...state,
      map: { ...mapOf(state), shards: mapOf(state).shards.map((s) => (s.end === undefined ? withoutEnd(s) : s)) },
    });
  });
});

describe('initial shards', () => {
  it('cover all keys in order without gap or overlap', () => {
    for (const count of [1, 2, 3, 4, 36, 100, 1024]) {
      const starts = initialSplits(count);
      expect(starts[0]).toHaveLength(0);
      for (let i = 1; i < starts.length; i++)
        expect(compareBytes(starts[i - 1] ?? new Uint8Array(0), starts[i] ?? new Uint8Array(0))).toBeLessThan(0);
    }
  });

  it('own every routing key exactly once', () => {
    const map = mapOf(formed({ nodes: 3, shards: 4 }));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (key) => {
        const owner = shardOf(map, key);
        const owners = map.shards.filter(
          (s) => compareBytes(s.start, key) <= 0 && (s.end === undefined || compareBytes(key, s.end) < 0),
        );
        expect(owners).toEqual([owner]);
      }),
    );
  });

  it('share generated codes evenly', () => {
    const map = mapOf(formed({ nodes: 3, shards: 4 }));
    const alphabet = '0123456789abcdefghijklmnopqrstuvwxyz';
    const counts = new Map<number, number>();
    for (const a of alphabet) {
      for (const b of alphabet) {
        const shard = shardOf(map, utf8(`${a}${b}`))?.id ?? 0;
        counts.set(shard, (counts.get(shard) ?? 0) + 1);
      }
    }
    expect([...counts.values()]).toEqual([324, 324, 324, 324]);
  });
});
