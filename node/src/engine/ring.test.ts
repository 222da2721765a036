// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it, vi } from 'vitest';
import { metaShardId } from '@shortlink/common/ids.ts';
import type { ClusterMap, NodeInfo } from '../core/cluster/cluster-map.ts';
import type { MetaCommand, MetaResult } from '../core/cluster/meta-commands.ts';
import { replicasOf } from '../core/cluster/meta-state.ts';
import type { LeaderView } from './cluster/ring-keeper.ts';
import type { AdminRequest, AdminResponse } from '../ports/admin.ts';
import type { EngineConfig } from './engine-config.ts';
import type { Engine } from './engine.ts';
import { create, formedCluster, read, write } from './testing/engine-client.ts';
import type { TestCluster } from './testing/test-cluster.ts';

/** Ten ticks make a node suspect. */
const ring = { suspectAfterMs: 1_000, downAfterMs: 3_000, outAfterMs: 6_000, brakePercent: 34 };
const short: Partial<EngineConfig> = { ring };
const outTicks = 200;

/** Nodes of a cluster that come and go. */
class Fleet {
  readonly cluster: TestCluster;
  readonly #stopped = new Set<Engine>();

  constructor(cluster: TestCluster) {
    this.cluster = cluster;
  }

  static async of(nodes: number, more: Partial<EngineConfig> = {}): Promise<Fleet> {
    const fleet = new Fleet(await formedCluster(nodes, { ...short, ...more }));
    await fleet.cluster.run(30);
    return fleet;
  }

  get living(): readonly Engine[] {
    return this.cluster.engines.filter((engine) => !this.#stopped.has(engine));
  }

  get leader(): Engine {
    const leader = this.living.find((engine) => engine.ring.view() !== undefined);
    if (leader === undefined) throw new Error('nobody leads the meta group');
    return leader;
  }

  get view(): LeaderView | undefined {
    return this.living.map((engine) => engine.ring.view()).find((view) => view !== undefined);
  }

  get map(): ClusterMap {
    const maps = this.living.flatMap((engine) => engine.volume.map ?? []);
    return maps.toSorted((a, b) => b.epoch - a.epoch)[0] ?? expect.fail('no map');
  }

  index(engine: Engine): number {
    return this.cluster.engines.indexOf(engine);
  }

  /** A node that does not lead the meta group. */
  get other(): Engine {
    return this.living.find((engine) => engine !== this.leader) ?? expect.fail('no other node');
  }

  async kill(engine: Engine): Promise<void> {
    this.#stopped.add(engine);
    await this.cluster.stop(this.index(engine));
  }

  node(engine: Engine): NodeInfo | undefined {
    return this.map.nodes.find(({ id }) => id === engine.nodeId);
  }

  stateOf(engine: Engine): string | undefined {
    return this.view?.liveness.nodes.find(({ id }) => id === engine.nodeId)?.state;
  }

  kinds(): string[] {
    return (this.view?.state.events ?? []).map(({ kind }) => kind);
  }

  async propose(command: MetaCommand): Promise<MetaResult> {
    let result: MetaResult | undefined;
    void this.leader.driver.propose(command).then((answer) => (result = answer));
    await this.cluster.until('an answer of the meta group', () => result !== undefined);
    return result ?? expect.fail('no result');
  }

  /** Every group has so many voters, all on nodes that live, and its own configuration says so. */
  isWhole(voters: number): boolean {
    const living = new Set(this.living.map((engine) => engine.nodeId));
    return [metaShardId, ...this.map.shards.map(({ id }) => id)].every((shard) => {
      const planned = replicasOf(this.map, shard) ?? [];
      const leader = this.living.map((e) => e.host.replicasByShard.get(shard)).find((replica) => replica?.isLeader);
      const confState = leader?.machine.confState;
      return (
        planned.length === voters &&
        planned.every(({ nodeId, role }) => role === 'voter' && living.has(nodeId)) &&
        confState?.votersOutgoing.length === 0 &&
        confState.voters.toSorted().join() ===
          planned
            .map(({ id }) => id)
            .toSorted()
            .join()
      );
    });
  }
}

describe('the loss of a node', () => {
  it('of five, and then of another one, is healed without anybody: every group has three living voters again', async () => {
    const fleet = await Fleet.of(5, { initialShards: 3 });
    const { cluster } = fleet;
    for (let round = 0; round < 2; round++) {
      await write(cluster, fleet.leader, create(`0kept${round}`, `https://kept.example/${round}`));
      const victim = round === 0 ? fleet.leader : fleet.other;
      await fleet.kill(victim);
      await cluster.until('OUT', () => fleet.view !== undefined && fleet.node(victim)?.isOut === true, outTicks);
      await cluster.until('repair', () => fleet.isWhole(3), 400);
      expect(fleet.map.nodes).toHaveLength(5);
      for (const engine of fleet.living)
        for (let i = 0; i <= round; i++) expect((await read(cluster, engine, `0kept${i}`)).kind).toBe('link');
    }
    expect(fleet.map.ringEpoch).toBe(3);
  });

  it('costs nothing when it comes back in time, at any moment before it is OUT', async () => {
    const fleet = await Fleet.of(3);
    const { cluster } = fleet;
    for (const until of ['SUSPECT', 'DOWN']) {
      const victim = fleet.other;
      cluster.network.cut(victim.nodeId);
      await cluster.until(until, () => fleet.stateOf(victim) === until, outTicks);
      cluster.network.heal(victim.nodeId);
      await cluster.until('ALIVE', () => fleet.stateOf(victim) === 'ALIVE', outTicks);
    }
    await cluster.run(100);
    expect(fleet.map.ringEpoch).toBe(1);
    expect(fleet.kinds().filter((kind) => /node|replica/.test(kind))).toEqual([]);
  });

  it('does not cost it its identity; replicas that others have got are destroyed and their ids not used again', async () => {
    const fleet = await Fleet.of(4);
    const { cluster } = fleet;
    const victim = fleet.living.find((e) => e !== fleet.leader && e.host.replicasByShard.has(1)) ?? fleet.other;
    const before = victim.host.replicasByShard.get(1)?.key.replicaId ?? 0;
    const index = fleet.index(victim);
    await fleet.kill(victim);
    await cluster.until('repair', () => fleet.node(victim)?.isOut === true && fleet.isWhole(3), 600);
    await write(cluster, fleet.leader, create('meanwhile', 'https://a.example/'));
    const again = cluster.start(index);
    expect(again.nodeId).toBe(victim.nodeId);
    await cluster.until('it is back', () => fleet.node(again)?.isOut === false, outTicks);
    await cluster.until('the old replica to go', () => again.host.replicasByShard.get(1)?.key.replicaId !== before);
    expect((await read(cluster, again, 'meanwhile')).kind).toBe('link');
    await cluster.run(50);
    expect(again.host.replicasByShard.get(1)?.key.replicaId ?? before + 1).toBeGreaterThan(before);
    expect(fleet.kinds()).toEqual(expect.arrayContaining(['nodeOut', 'nodeBack']));
  });

  it('of one of three sends it OUT and keeps its voters, which go on when it is back', async () => {
    const fleet = await Fleet.of(3);
    const { cluster } = fleet;
    const victim = fleet.other;
    const index = fleet.index(victim);
    await fleet.kill(victim);
    await cluster.until('OUT', () => fleet.node(victim)?.isOut === true, outTicks);
    await cluster.run(50);
    expect(fleet.map.shards[0]?.replicas).toHaveLength(3);
    await write(cluster, fleet.leader, create('two', 'https://two.example/'));
    const again = cluster.start(index);
    await cluster.until('it is back', () => fleet.node(again)?.isOut === false, outTicks);
    const applied = (e: Engine): number => e.host.replicasByShard.get(1)?.machine.appliedIndex ?? 0;
    await cluster.until('it has caught up', () => applied(again) > 1 && applied(again) === applied(fleet.leader));
    expect(fleet.kinds()).not.toContain('replicaAdded');
  });

  it('is repaired by a node that joins', async () => {
    const fleet = await Fleet.of(3);
    const { cluster } = fleet;
    const victim = fleet.other;
    await fleet.kill(victim);
    await cluster.until('OUT', () => fleet.node(victim)?.isOut === true, outTicks);
    const fresh = cluster.start(3);
    await cluster.until('repair', () => fresh.volume.map !== undefined && fleet.isWhole(3), 600);
    expect(fresh.host.replicasByShard.has(metaShardId)).toBe(true);
  });
});

describe('the brake', () => {
  it('holds everything while too many are down, says so, and lets go when one is declared gone', async () => {
    const fleet = await Fleet.of(5);
    const { cluster } = fleet;
    // Nodes without replicas, so that no group loses its majority.
    const idle = fleet.living.filter((engine) => engine.host.replicasByShard.size === 0);
    expect(idle).toHaveLength(2);
    const [first, second] = idle;
    if (first === undefined || second === undefined) return;
    await fleet.kill(first);
    await fleet.kill(second);
    await cluster.until('DOWN', () => fleet.stateOf(first) === 'DOWN' && fleet.stateOf(second) === 'DOWN');
    await cluster.run(200);
    expect(fleet.view?.liveness.brake).toContain('2 of 5 nodes are DOWN');
    expect(fleet.map.ringEpoch).toBe(1);
    const hasten: MetaCommand = { type: 'order', operatorEpoch: 0, order: { type: 'hasten', nodeId: first.nodeId } };
    expect((await fleet.propose(hasten)).ok).toBe(true);
    await cluster.until('the other one OUT', () => fleet.node(second)?.isOut === true, outTicks);
    expect(fleet.view?.liveness.brake).toBeUndefined();
  });

  it('keeps the leader that is cut off from deciding anything: it hears nobody', async () => {
    const fleet = await Fleet.of(3);
    const { cluster } = fleet;
    const alone = fleet.leader;
    cluster.network.cut(alone.nodeId);
    await cluster.until('another leader', () => fleet.living.some((e) => e !== alone && e.ring.view() !== undefined));
    await cluster.until('OUT', () => fleet.node(alone)?.isOut === true, outTicks);
    cluster.network.heal(alone.nodeId);
    await cluster.until('it is back', () => fleet.node(alone)?.isOut === false, outTicks);
    expect(fleet.kinds().filter((kind) => kind === 'nodeOut')).toHaveLength(1);
  });
});

describe('a new leader of the meta group', () => {
  it('waits the whole time again before a node is OUT', async () => {
    const fleet = await Fleet.of(5);
    const { cluster } = fleet;
    const [victim] = fleet.living.filter((engine) => engine.host.replicasByShard.size === 0);
    if (victim === undefined) return;
    await fleet.kill(victim);
    await cluster.run(45);
    expect(fleet.stateOf(victim)).toBe('DOWN');
    const before = fleet.leader;
    const successor = fleet.map.meta.find(({ nodeId }) => nodeId !== before.nodeId);
    before.host.replicasByShard.get(metaShardId)?.raw.transferLeader(successor?.id ?? 0);
    await cluster.until('the transfer', () => before.ring.view() === undefined && fleet.view !== undefined, 20);
    expect(fleet.stateOf(victim)).toBe('ALIVE');
    await cluster.run(40);
    expect(fleet.node(victim)?.isOut).toBe(false);
    await cluster.until('OUT', () => fleet.node(victim)?.isOut === true, outTicks);
  });
});

describe('an operator', () => {
  it('holds a node that restarts, however long it takes within the hold', async () => {
    const fleet = await Fleet.of(4);
    const { cluster } = fleet;
    const victim = fleet.other;
    const order = { type: 'hold', nodeId: victim.nodeId, durationMs: 30_000 } as const;
    const taken = await fleet.propose({ type: 'takeOperatorEpoch' });
    expect(taken).toMatchObject({ ok: true, operatorEpoch: 1 });
    expect((await fleet.propose({ type: 'order', operatorEpoch: 0, order })).ok).toBe(false);
    expect((await fleet.propose({ type: 'order', operatorEpoch: 1, order })).ok).toBe(true);
    await fleet.kill(victim);
    await cluster.run(200);
    expect(fleet.stateOf(victim)).toBe('DOWN');
    await cluster.until('the end of the hold', () => fleet.node(victim)?.isOut === true, outTicks);
  });
});

describe('a node with another weight or zone after a restart', () => {
  it('tells the cluster, and the ring changes', async () => {
    const fleet = await Fleet.of(3);
    const { cluster } = fleet;
    const node = fleet.other;
    const index = fleet.index(node);
    await fleet.kill(node);
    const again = cluster.start(index, { weight: 300, zone: 'b' });
    await cluster.until('the change', () => fleet.map.ringEpoch === 2, outTicks);
    expect(fleet.node(again)).toMatchObject({ weight: 300, zone: 'b', isOut: false });
    expect(fleet.kinds()).toEqual(['formed', 'nodeChanged']);
  });
});

describe('any node', () => {
  async function ask(fleet: Fleet, through: Engine, request: AdminRequest): Promise<AdminResponse> {
    let response: AdminResponse | undefined;
    through.admin(request, (answer) => (response = answer));
    await fleet.cluster.until('an answer', () => response !== undefined);
    return response ?? expect.fail('no answer');
  }

  it('tells what the leader of the meta group knows, and takes orders for it', async () => {
    const fleet = await Fleet.of(4);
    const { cluster } = fleet;
    const through = fleet.other;
    const victim = fleet.living.find((e) => e !== fleet.leader && e !== through) ?? fleet.other;
    fleet.leader.ring.countChunks(() => ({ total: 9, underReplicated: 1, moving: 2 }));
    victim.ring.heartbeats.carry(() => ({
      chunksHeld: 6,
      chunkBytes: 600,
      diskFreeBytes: 1,
      chunkProblem: 'the disk is full',
      storeProblem: 'the store is away',
    }));
    await cluster.run(20);
    const asked = await ask(fleet, through, { type: 'ring' });
    if (asked.type !== 'ring') expect.fail(asked.type);
    expect(asked.report).toMatchObject({
      epoch: 1,
      operatorEpoch: 0,
      chunks: { total: 9 },
      leaderNodeId: fleet.leader.nodeId,
    });
    expect(asked.report.brake).toBeUndefined();
    expect(asked.report.nodes.map(({ state }) => state)).toEqual(['ALIVE', 'ALIVE', 'ALIVE', 'ALIVE']);
    const reported = asked.report.nodes.find(({ id }) => id === victim.nodeId);
    expect(reported).toMatchObject({
      chunksHeld: 6,
      chunkBytes: 600,
      diskFreeBytes: 1,
      chunkProblem: 'the disk is full',
      storeProblem: 'the store is away',
    });

    expect(await ask(fleet, through, { type: 'takeOperatorEpoch' })).toEqual({
      type: 'operatorEpoch',
      operatorEpoch: 1,
    });
    const hasten: AdminRequest = { type: 'order', operatorEpoch: 1, order: { type: 'hasten', nodeId: victim.nodeId } };
    expect(await ask(fleet, through, hasten)).toEqual({
      type: 'refused',
      message: `node ${victim.nodeId} is ALIVE; stop it first, or remove it`,
    });
    const hold = { type: 'hold', nodeId: victim.nodeId, durationMs: 60_000 } as const;
    expect(await ask(fleet, through, { type: 'order', operatorEpoch: 0, order: hold })).toMatchObject({
      type: 'refused',
    });
    expect(await ask(fleet, through, { type: 'order', operatorEpoch: 1, order: hold })).toEqual({ type: 'accepted' });
    await fleet.kill(victim);
    await cluster.until('SUSPECT', () => fleet.stateOf(victim) === 'SUSPECT');
    expect(await ask(fleet, through, hasten)).toEqual({ type: 'accepted' });
    const after = await ask(fleet, through, { type: 'ring' });
    if (after.type !== 'ring') expect.fail(after.type);
    expect(after.report.nodes.find(({ id }) => id === victim.nodeId)?.state).toBe('OUT');
    expect(after.report.events.map(({ kind }) => kind)).toEqual(['formed', 'operatorEpoch', 'held', 'nodeOut']);
    expect(after.report.lastChange?.movedShare).toBeGreaterThan(0.15);
    expect(after.report.lastChange?.movedShare).toBeLessThan(after.report.lastChange?.bound ?? 0);
  });
});

describe('a sick node', () => {
  it('is DOWN although it is connected and its messages arrive', async () => {
    const fleet = await Fleet.of(3);
    const { cluster } = fleet;
    const sick = fleet.other;
    const disk = vi.spyOn(sick.host.disk, 'isFresh').mockReturnValue(false);
    await cluster.until('DOWN', () => fleet.stateOf(sick) === 'DOWN', outTicks);
    expect(fleet.leader.deps.peers.isConnected(sick.nodeId)).toBe(true);
    expect(sick.ring.heartbeats.sickness).toBe('waiting for the disk');
    await cluster.until('OUT', () => fleet.node(sick)?.isOut === true, outTicks);
    disk.mockRestore();
    await cluster.until('it is back', () => fleet.node(sick)?.isOut === false, outTicks);
  });

  it('is avoided by nodes that hold no replica and could ask any', async () => {
    const fleet = await Fleet.of(5);
    const { cluster } = fleet;
    const idle = fleet.living.find((engine) => !engine.host.replicasByShard.has(1)) ?? fleet.other;
    const follows = (e: Engine): boolean => e.host.replicasByShard.get(1)?.isLeader === false;
    const sick = fleet.living.find((e) => e !== fleet.leader && follows(e)) ?? fleet.other;
    await write(cluster, idle, create('seen', 'https://seen.example/'));
    const disk = vi.spyOn(sick.host.disk, 'isFresh').mockReturnValue(false);
    await cluster.until('everybody to know', () => idle.ring.isSilent(sick.nodeId), outTicks);
    const asked = vi.spyOn(sick.router, 'route');
    for (let i = 0; i < 20; i++) {
      // The node that answered last is asked again, until it cannot be reached.
      const away = vi.spyOn(idle.deps.peers, 'isConnected').mockReturnValue(false);
      await expect(read(cluster, idle, 'seen')).rejects.toThrow('unavailable');
      away.mockRestore();
      expect((await read(cluster, idle, 'seen')).kind).toBe('link');
    }
    const reads = asked.mock.calls.filter(([{ kind, from }]) => kind === 'read' && from === idle.nodeId);
    expect(reads).toEqual([]);
    disk.mockRestore();
    await cluster.until('everybody to know', () => !idle.ring.isSilent(sick.nodeId), outTicks);
  });

  it('leads nothing for long once it is DOWN', async () => {
    const fleet = await Fleet.of(5, { initialShards: 5 });
    const { cluster } = fleet;
    const sick = fleet.living.find((e) => e !== fleet.leader && e.host.replicasByShard.size > 0) ?? fleet.other;
    const shard = [...sick.host.replicasByShard.values()].find((replica) => !replica.isMeta);
    const leaderOf = () => fleet.living.find((e) => e.host.replicasByShard.get(shard?.shard ?? 1)?.isLeader);
    leaderOf()
      ?.host.replicasByShard.get(shard?.shard ?? 1)
      ?.raw.transferLeader(shard?.key.replicaId ?? 0);
    vi.spyOn(sick.host.disk, 'isFresh').mockReturnValue(false);
    await cluster.until('DOWN', () => fleet.stateOf(sick) === 'DOWN', outTicks);
    const leads = (): boolean => [...sick.host.replicasByShard.values()].some((replica) => replica.isLeader);
    await cluster.until('it leads nothing', () => !leads(), outTicks);
    expect(fleet.node(sick)?.isOut).toBe(false);
  });
});
