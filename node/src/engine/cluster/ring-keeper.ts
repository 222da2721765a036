// SPDX-License-Identifier: Apache-2.0
import type { NodeId } from '@shortlink/common/ids.ts';
import { metaShardId } from '@shortlink/common/ids.ts';
import type { ClusterLiveness } from '../../core/cluster/liveness.ts';
import type { MetaState } from '../../core/cluster/meta-state.ts';
import { planRing } from '../../core/cluster/ring-plan.ts';
import type { NodeHeartbeat } from '../../ports/peers.ts';
import type { ChunkCounts, RingReport } from '../../ports/ring-report.ts';
import type { Engine } from '../engine.ts';
import { MetaMachine } from '../machines/meta-machine.ts';
import { FailureDetector } from './failure-detector.ts';
import { Heartbeats } from './heartbeats.ts';
import { RingReporter } from './ring-report.ts';

/** What the node that leads the meta group knows, and nobody else. */
export interface LeaderView {
  readonly state: MetaState;
  readonly liveness: ClusterLiveness;
}

/** Until somebody counts them there are none. */
const noChunks: ChunkCounts = { total: 0, underReplicated: 0, moving: 0 };

/** This node's part in the ring: its heartbeats, and while it leads the meta group, who is DOWN and who goes OUT. */
export class RingKeeper {
  readonly heartbeats: Heartbeats;
  readonly #detector: FailureDetector;
  readonly #engine: Engine;
  readonly #reporter = new RingReporter();
  #chunkCounts: () => ChunkCounts = () => noChunks;
  #isBusy = false;

  constructor(engine: Engine) {
    const { config, deps, host, nodeId } = engine;
    this.#engine = engine;
    const detector = new FailureDetector(deps.clock, config.ring);
    this.#detector = detector;
    this.heartbeats = new Heartbeats({
      ...deps,
      nodeId,
      host,
      suspectAfterMs: config.ring.suspectAfterMs,
      map: () => engine.volume.map,
      onOwn: (heartbeat) => detector.heard(nodeId, heartbeat),
      onStandstill: () => detector.startAnew(),
    });
  }

  heard(from: NodeId, heartbeat: NodeHeartbeat): void {
    this.#detector.heard(from, heartbeat);
  }

  /** Where the numbers of chunks in a report come from; asked for each one. */
  countChunks(counts: () => ChunkCounts): void {
    this.#chunkCounts = counts;
  }

  /** Undefined on every node but the leader of the meta group. */
  report(): RingReport | undefined {
    const view = this.view();
    if (view?.state.map === undefined) return undefined;
    return this.#reporter.report({
      leaderNodeId: this.#engine.nodeId,
      map: view.state.map,
      ...view,
      factsOf: (id) => this.#detector.factsOf(id),
      chunks: this.#chunkCounts(),
      nowMs: this.#engine.router.readNowMs(),
    });
  }

  /** Undefined on every node but the leader of the meta group. */
  view(): LeaderView | undefined {
    const replica = this.#engine.host.replicasByShard.get(metaShardId);
    if (replica?.isLeader !== true || !(replica.machine instanceof MetaMachine)) return undefined;
    const { state } = replica.machine;
    if (state.map === undefined) return undefined;
    return { state, liveness: this.#detector.judge(state.map, replica.status().hardState.term) };
  }

  /** Proposes the next change of who is OUT; does nothing on other nodes than the leader of the meta group. */
  async attempt(): Promise<void> {
    const view = this.view();
    if (this.#isBusy || view?.state.map === undefined) return;
    const { state, liveness } = view;
    const situation = { map: view.state.map, liveness, holds: state.holds, nowMs: this.#engine.router.readNowMs() };
    const command = planRing(situation, this.#engine.config.ring);
    if (command === undefined) return;
    this.#isBusy = true;
    try {
      this.#engine.deps.observer.log('warn', 'the ring changes', { command });
      await this.#engine.driver.propose(command);
    } finally {
      this.#isBusy = false;
    }
  }
}
