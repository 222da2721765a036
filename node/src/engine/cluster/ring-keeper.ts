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
  #told: { readonly nodes: ReadonlySet<NodeId>; readonly atMs: number } = { nodes: new Set(), atMs: 0 };

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
      tickMs: config.tickMs,
      map: () => engine.volume.map,
      onOwn: (heartbeat) => this.#heardOwn(heartbeat),
      onStandstill: () => detector.startAnew(),
    });
  }

  /** A heartbeat has come; the leader of the meta group answers who should be avoided. */
  heard(from: NodeId, heartbeat: NodeHeartbeat): void {
    this.#detector.heard(from, heartbeat);
    const silent = this.#silentNodes();
    if (silent === undefined) return;
    this.#engine.host.outbox.silence(from, silent);
    this.#engine.host.wake();
  }

  /** The leader of the meta group has answered. */
  learnSilence(nodes: readonly NodeId[]): void {
    this.#told = { nodes: new Set(nodes), atMs: this.#engine.deps.clock.monotonicMs() };
  }

  /** Not heard of for so long that traffic should go elsewhere, as far as this node was told lately. */
  isSilent(node: NodeId): boolean {
    const { deps, config } = this.#engine;
    if (deps.clock.monotonicMs() - this.#told.atMs >= config.ring.downAfterMs) return false;
    return this.#told.nodes.has(node);
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

  #heardOwn(heartbeat: NodeHeartbeat): void {
    this.#detector.heard(this.#engine.nodeId, heartbeat);
    const silent = this.#silentNodes();
    if (silent !== undefined) this.learnSilence(silent);
  }

  /** Undefined on every node but the leader of the meta group. */
  #silentNodes(): readonly NodeId[] | undefined {
    return this.view()?.liveness.nodes.flatMap(({ id, isSilent }) => (isSilent ? [id] : []));
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
