// SPDX-License-Identifier: Apache-2.0
import type { NodeId, ShardId } from '@shortlink/common/ids.ts';
import { metaShardId } from '@shortlink/common/ids.ts';
import type { ClusterMap } from '../../core/cluster/cluster-map.ts';
import { decodeJson, encodeJson } from '../../core/cluster/map-codec.ts';
import type { GroupObservation } from '../../core/cluster/group-view.ts';
import type { ClusterLiveness } from '../../core/cluster/liveness.ts';
import { planMembership } from '../../core/cluster/membership-plan.ts';
import type { PlannedAction } from '../../core/cluster/membership-plan.ts';
import type { MetaCommand, MetaResult } from '../../core/cluster/meta-commands.ts';
import { defaultChunkFormat } from '../../core/lifecycle/default-format.ts';
import { encodeCommand } from '../../core/statemachine/command-codec.ts';
import type { Command } from '../../core/statemachine/commands.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ForwardKind } from '../../ports/peers.ts';
import type { EngineObserver } from '../engine-observer.ts';
import { encodeList } from '../machines/shard-payload.ts';
import { DrainUploads } from './drain-uploads.ts';
import type { DrainSight } from './drain-uploads.ts';
import { decodeObservation, encodeOrder } from './group-control.ts';
import type { GroupOrder } from './group-control.ts';
import { RemovalNotices } from './removal-notices.ts';

export interface DriverOptions {
  readonly map: () => ClusterMap | undefined;
  /** What the leader of the meta group hears of the nodes; undefined on others, where nothing is done. */
  readonly liveness: () => ClusterLiveness | undefined;
  readonly call: (kind: ForwardKind, shard: ShardId, payload: Uint8Array) => Promise<Uint8Array | undefined>;
  readonly clock: Clock;
  /** See DrainUploads. */
  readonly drainUploadMs: number;
  /** See RemovalNotices. */
  readonly removalNoticeMs: number;
  readonly observer: EngineObserver;
}

/** Runs beside the meta group's leader: observe → plan → act, one step a group at a time, until there is nothing to do. */
export class MembershipDriver {
  readonly #options: DriverOptions;
  readonly #drains: DrainUploads;
  readonly #notices: RemovalNotices;
  #busy = false;

  constructor(options: DriverOptions) {
    this.#options = options;
    this.#drains = new DrainUploads(options.drainUploadMs);
    this.#notices = new RemovalNotices(options.removalNoticeMs);
  }

  async attempt(): Promise<void> {
    const { map, liveness } = this.#options;
    const current = map();
    if (this.#busy || current === undefined || liveness() === undefined) return;
    this.#busy = true;
    try {
      const shards = [metaShardId, ...current.shards.map((shard) => shard.id)];
      const observations = await Promise.all(shards.map((shard) => this.#observe(shard)));
      // The map may have moved on meanwhile: then what was observed says nothing about it.
      const heard = liveness();
      if (map()?.epoch !== current.epoch || heard === undefined) return;
      const known = observations.filter((observation) => observation !== undefined);
      const waiting = await this.#uploadBeforeDrains({ map: current, observations: known, liveness: heard });
      const free = known.filter(({ shard }) => !waiting.has(shard));
      const staying = this.#notices.look(current, heard, this.#options.clock.monotonicMs());
      for (const planned of planMembership(current, free, heard)) {
        if (!removesOneOf(staying, planned)) await this.#act(planned);
      }
    } finally {
      this.#busy = false;
    }
  }

  /** One mutation of the meta group's state; undefined when it could not be decided. */
  async propose(command: MetaCommand): Promise<MetaResult | undefined> {
    const answer = await this.#options.call('write', metaShardId, encodeJson([command]));
    return answer === undefined ? undefined : (decodeJson(answer) as readonly MetaResult[])[0];
  }

  /** @returns the shards whose membership is left alone until their rows are in the object store. */
  async #uploadBeforeDrains(sight: Omit<DrainSight, 'nowMs'>): Promise<ReadonlySet<ShardId>> {
    const { clock, call, observer } = this.#options;
    const { waiting, seals, news } = this.#drains.look({ ...sight, nowMs: clock.monotonicMs() });
    for (const text of news) observer.log('info', text, {});
    for (const { shard, generation } of seals) {
      const upload: Command = { type: 'upload', generation, format: defaultChunkFormat };
      await call('write', shard, encodeList([upload], encodeCommand));
    }
    return waiting;
  }

  async #observe(shard: ShardId): Promise<GroupObservation | undefined> {
    const answer = await this.#order(shard, { type: 'observe' });
    return answer === undefined ? undefined : decodeObservation(answer);
  }

  async #order(shard: ShardId, order: GroupOrder): Promise<Uint8Array | undefined> {
    return this.#options.call('control', shard, encodeOrder(order));
  }

  async #act({ action, reason }: PlannedAction): Promise<void> {
    this.#options.observer.log('info', 'membership step', { action, reason });
    switch (action.type) {
      case 'meta':
        await this.propose({ ...action.command, reason });
        return;
      case 'confChange':
        await this.#order(action.shard, { type: 'confChange', changes: action.changes });
        return;
      case 'transfer':
        await this.#order(action.shard, { type: 'transfer', to: action.to });
        return;
    }
  }
}

function removesOneOf(nodes: ReadonlySet<NodeId>, { action }: PlannedAction): boolean {
  return action.type === 'meta' && action.command.type === 'removeNode' && nodes.has(action.command.nodeId);
}
