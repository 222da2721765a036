// SPDX-License-Identifier: Apache-2.0
import type { NodeId } from '@shortlink/common/ids.ts';
import type { ClusterMap } from '../../core/cluster/cluster-map.ts';
import { judgeNodes } from '../../core/cluster/liveness.ts';
import type { ClusterLiveness, Heard, RingSettings } from '../../core/cluster/liveness.ts';
import type { Clock } from '../../ports/clock.ts';
import type { NodeHeartbeat } from '../../ports/peers.ts';

interface Listened {
  /** First listed, or the leader began to listen: silence before that says nothing. */
  sinceMs: number;
  lastMs: number | undefined;
  /** Start of the heartbeats without a gap. */
  steadySinceMs: number;
  facts: NodeHeartbeat | undefined;
}

/**
 * When each node was heard of last. Soft state: it starts anew with every term in which this node leads the meta group,
 * and after every standstill of this thread.
 */
export class FailureDetector {
  readonly #clock: Clock;
  readonly #settings: RingSettings;
  readonly #listenedById = new Map<NodeId, Listened>();
  #term: number | undefined;

  constructor(clock: Clock, settings: RingSettings) {
    this.#clock = clock;
    this.#settings = settings;
  }

  heard(node: NodeId, heartbeat: NodeHeartbeat): void {
    const nowMs = this.#clock.monotonicMs();
    const listened = this.#listenedTo(node, nowMs);
    const silentMs = nowMs - (listened.lastMs ?? Number.NEGATIVE_INFINITY);
    if (silentMs >= this.#settings.suspectAfterMs) listened.steadySinceMs = nowMs;
    listened.lastMs = nowMs;
    listened.facts = heartbeat;
  }

  /** Forgets how long anybody has been silent. */
  startAnew(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const listened of this.#listenedById.values()) listened.sinceMs = nowMs;
  }

  /** What the leader of the meta group in `term` knows of the nodes. */
  judge(map: ClusterMap, term: number): ClusterLiveness {
    if (term !== this.#term) {
      this.#term = term;
      this.startAnew();
    }
    const listed = new Set(map.nodes.map((node) => node.id));
    for (const id of this.#listenedById.keys()) if (!listed.has(id)) this.#listenedById.delete(id);
    return judgeNodes(map.nodes, (id) => this.#heardOf(id), this.#settings);
  }

  /** What a node said in its last heartbeat, as long as that is not old. */
  factsOf(node: NodeId): NodeHeartbeat | undefined {
    const listened = this.#listenedById.get(node);
    const isRecent = this.#clock.monotonicMs() - (listened?.lastMs ?? 0) < this.#settings.downAfterMs;
    return isRecent ? listened?.facts : undefined;
  }

  #heardOf(node: NodeId): Heard {
    const nowMs = this.#clock.monotonicMs();
    const { sinceMs, lastMs, steadySinceMs } = this.#listenedTo(node, nowMs);
    if (lastMs === undefined) return { silentMs: nowMs - sinceMs, steadyMs: 0, isHeard: false };
    return {
      silentMs: nowMs - Math.max(sinceMs, lastMs),
      steadyMs: lastMs - steadySinceMs,
      isHeard: lastMs >= sinceMs,
    };
  }

  #listenedTo(node: NodeId, nowMs: number): Listened {
    let listened = this.#listenedById.get(node);
    if (listened === undefined) {
      listened = { sinceMs: nowMs, lastMs: undefined, steadySinceMs: nowMs, facts: undefined };
      this.#listenedById.set(node, listened);
    }
    return listened;
  }
}
