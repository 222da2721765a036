// SPDX-License-Identifier: Apache-2.0
import type { NodeId } from '@shortlink/common/ids.ts';
import { metaShardId } from '@shortlink/common/ids.ts';
import { applyMetaCommand } from '../apply-meta.ts';
import type { ClusterMap } from '../cluster-map.ts';
import type { GroupObservation } from '../group-view.ts';
import type { ClusterLiveness } from '../liveness.ts';
import { planMembership } from '../membership-plan.ts';
import type { MembershipAction, PlannedAction } from '../membership-plan.ts';
import { replicasOf } from '../meta-state.ts';
import type { MetaState } from '../meta-state.ts';
import { mapOf } from './maps.ts';

/** Groups that do at once what they are told, so that a plan can be followed to its end. */
export class FakeGroups {
  state: MetaState;
  readonly voters = new Map<number, number[]>();
  readonly learners = new Map<number, number[]>();
  readonly leaders = new Map<number, number>();
  readonly history: string[] = [];
  readonly silent = new Set<NodeId>();
  readonly unheard = new Set<NodeId>();
  brake: string | undefined;

  constructor(state: MetaState) {
    this.state = state;
    for (const shard of this.shards()) {
      const ids = (replicasOf(this.map, shard) ?? []).map((replica) => replica.id);
      this.voters.set(shard, ids);
      this.learners.set(shard, []);
      this.leaders.set(shard, ids[0] ?? 0);
    }
  }

  get map(): ClusterMap {
    return mapOf(this.state);
  }

  shards(): number[] {
    return [metaShardId, ...this.map.shards.map((shard) => shard.id)];
  }

  zoneOf(id: NodeId): string | undefined {
    return this.map.nodes.find((node) => node.id === id)?.zone;
  }

  leaderNode(shard: number): NodeId | undefined {
    return this.#nodeOf(shard, this.leaders.get(shard) ?? 0);
  }

  replicasOn(id: NodeId): number {
    return this.shards().filter((shard) => replicasOf(this.map, shard)?.some(({ nodeId }) => nodeId === id)).length;
  }

  /** The node is silent and OUT; the groups that it led elect somebody else. */
  lose(id: NodeId): void {
    this.silent.add(id);
    this.state = applyMetaCommand(this.state, { type: 'markOut', nodeId: id, ringEpoch: this.map.ringEpoch }).state;
    for (const shard of this.shards()) {
      if (this.leaderNode(shard) !== id) continue;
      const next = (this.voters.get(shard) ?? []).find((voter) => !this.silent.has(this.#nodeOf(shard, voter) ?? id));
      if (next !== undefined) this.leaders.set(shard, next);
    }
  }

  liveness(): ClusterLiveness {
    const nodes = this.map.nodes.map(({ id, isOut }) => {
      const isSilent = this.silent.has(id);
      const isHeard = !isSilent && !this.unheard.has(id);
      const heard = { silentMs: isSilent ? 100_000 : 0, steadyMs: isHeard ? 100_000 : 0, isHeard };
      return {
        id,
        ...heard,
        isSilent,
        state: isOut ? ('OUT' as const) : isSilent ? ('DOWN' as const) : ('ALIVE' as const),
      };
    });
    return { nodes, brake: this.brake };
  }

  observe(): GroupObservation[] {
    return this.shards().map((shard) => {
      const voters = this.voters.get(shard) ?? [];
      const learners = this.learners.get(shard) ?? [];
      return {
        shard,
        leader: this.leaders.get(shard) ?? 0,
        confState: { voters, learners, votersOutgoing: [], learnersNext: [], autoLeave: false },
        generations: [],
        commit: 100,
        progress: [...voters, ...learners].map((id) => {
          return { id, match: 100, recentActive: !this.silent.has(this.#nodeOf(shard, id) ?? '') };
        }),
      };
    });
  }

  plan(): readonly PlannedAction[] {
    return planMembership(this.map, this.observe(), this.liveness());
  }

  act(action: MembershipAction): void {
    this.history.push(JSON.stringify(action));
    if (action.type === 'meta') {
      this.state = applyMetaCommand(this.state, action.command).state;
    } else if (action.type === 'transfer') {
      this.leaders.set(action.shard, action.to);
    } else {
      for (const { type, nodeId } of action.changes) this.#change(action.shard, type, nodeId);
      const voters = this.voters.get(action.shard) ?? [];
      const living = voters.filter((id) => !this.silent.has(this.#nodeOf(action.shard, id) ?? ''));
      if (living.length * 2 <= voters.length) throw new Error(`shard ${action.shard} lost its majority`);
    }
  }

  /** @returns the number of rounds until nothing is left to do. */
  settle(): number {
    for (let round = 0; round < 400; round++) {
      const actions = this.plan();
      if (actions.length === 0) return round;
      for (const { action } of actions) this.act(action);
    }
    throw new Error(`no end: ${this.history.slice(-6).join(' ')}`);
  }

  /** Every group has this many voters, no learner, and a map that says the same. */
  expectVoters(count: number): void {
    for (const shard of this.shards()) {
      const planned = (replicasOf(this.map, shard) ?? []).map(({ id }) => id).toSorted((a, b) => a - b);
      const voters = (this.voters.get(shard) ?? []).toSorted((a, b) => a - b);
      const text = `shard ${shard}: planned ${planned.join()}, voters ${voters.join()}`;
      if (voters.length !== count || JSON.stringify(voters) !== JSON.stringify(planned)) throw new Error(text);
      if (this.learners.get(shard)?.length !== 0) throw new Error(`shard ${shard} has learners`);
    }
  }

  #change(shard: number, type: string, id: number): void {
    const without = (ids: number[] | undefined): number[] => (ids ?? []).filter((other) => other !== id);
    const voters = without(this.voters.get(shard));
    const learners = without(this.learners.get(shard));
    this.voters.set(shard, type === 'addNode' ? [...voters, id] : voters);
    this.learners.set(shard, type === 'addLearnerNode' ? [...learners, id] : learners);
  }

  #nodeOf(shard: number, replica: number): NodeId | undefined {
    return replicasOf(this.map, shard)?.find(({ id }) => id === replica)?.nodeId;
  }
}
