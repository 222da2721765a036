// SPDX-License-Identifier: Apache-2.0
import type { NodeId } from '@shortlink/common/ids.ts';
import type { ClusterMap } from '../../core/cluster/cluster-map.ts';
import type { Clock } from '../../ports/clock.ts';
import type { NodeHeartbeat, Peers } from '../../ports/peers.ts';
import type { EngineObserver } from '../engine-observer.ts';
import type { Host } from '../host/host.ts';

export interface HeartbeatOptions {
  readonly nodeId: NodeId;
  readonly host: Pick<Host, 'disk' | 'outbox' | 'wake'>;
  readonly peers: Pick<Peers, 'isConnected'>;
  readonly clock: Clock;
  readonly observer: EngineObserver;
  readonly suspectAfterMs: number;
  readonly tickMs: number;
  readonly map: () => ClusterMap | undefined;
  /** This node's own heartbeat: it may lead the meta group itself. */
  readonly onOwn: (heartbeat: NodeHeartbeat) => void;
  /** This thread stood still: whoever was not heard of meanwhile may have spoken. */
  readonly onStandstill: () => void;
}

/** Lost ones must not make a node suspect at once. */
const beatsPerSuspicion = 5;
/** Nothing is judged by less than this: a probe that one tick asks for is looked at by the next one. */
const leastTicks = 3;

const nothingCarried: NodeHeartbeat = {
  chunksHeld: 0,
  chunkBytes: 0,
  diskFreeBytes: undefined,
  chunkProblem: undefined,
  storeProblem: undefined,
};

/**
 * Tells every node with a replica of the meta group that this one is well, so that whichever leads knows. Withheld while
 * the disk or this thread is stuck: a sick node must not look alive (cockroach#41691, etcd#15247).
 */
export class Heartbeats {
  readonly #options: HeartbeatOptions;
  readonly #everyMs: number;
  /** A durable write or a pause between two ticks that takes longer is a sickness. */
  readonly #sickAfterMs: number;
  /** How long a durable write speaks for the disk. */
  readonly #freshMs: number;
  #facts: () => NodeHeartbeat = () => nothingCarried;
  #freeBytes: () => number | undefined = () => undefined;
  #tickedAtMs: number;
  #beatAtMs: number;
  #stoodStillAtMs = Number.NEGATIVE_INFINITY;
  #sickness: string | undefined;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#everyMs = options.suspectAfterMs / beatsPerSuspicion;
    this.#sickAfterMs = Math.max(options.suspectAfterMs / 2, leastTicks * options.tickMs);
    this.#freshMs = Math.max(this.#everyMs, leastTicks * options.tickMs);
    this.#tickedAtMs = options.clock.monotonicMs();
    this.#beatAtMs = this.#tickedAtMs;
  }

  /** Where the facts in a heartbeat come from; asked for each one. */
  carry(facts: () => NodeHeartbeat): void {
    this.#facts = facts;
  }

  /** Where the free bytes of the disk come from, when whoever tells the facts does not know them. */
  measureDisk(freeBytes: () => number | undefined): void {
    this.#freeBytes = freeBytes;
  }

  /** Why no heartbeat leaves, in words; undefined while they do. */
  get sickness(): string | undefined {
    return this.#sickness;
  }

  tick(): void {
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs - this.#tickedAtMs > this.#sickAfterMs) {
      this.#stoodStillAtMs = nowMs;
      this.#options.onStandstill();
    }
    this.#tickedAtMs = nowMs;
    const map = this.#options.map();
    // Before there is a cluster nobody waits for a heartbeat.
    if (map === undefined) this.#beatAtMs = nowMs;
    if (map === undefined || nowMs - this.#beatAtMs < this.#everyMs) return;
    const sickness = this.#diagnose(nowMs);
    this.#report(sickness);
    if (sickness !== undefined) return;
    this.#beatAtMs = nowMs;
    this.#beat(map);
  }

  #diagnose(nowMs: number): string | undefined {
    const { host } = this.#options;
    if (nowMs - this.#stoodStillAtMs < this.#everyMs) return 'the thread of the engine stood still';
    if (!host.disk.isFresh(this.#freshMs)) {
      host.disk.askForProbe();
      host.wake();
      return 'waiting for the disk';
    }
    return host.disk.tookMs > this.#sickAfterMs ? `the disk took ${host.disk.tookMs} ms for a write` : undefined;
  }

  /** Waiting for the disk for a tick is usual on an idle node; not to come to a heartbeat in time is not. */
  #report(sickness: string | undefined): void {
    const { observer, clock, suspectAfterMs } = this.#options;
    const isLate = clock.monotonicMs() - this.#beatAtMs >= suspectAfterMs;
    if (sickness === undefined && this.#sickness !== undefined) observer.log('info', 'heartbeats leave again');
    if (sickness !== undefined && this.#sickness === undefined && isLate)
      observer.log('warn', 'heartbeats are withheld: this node will be taken for dead', { reason: sickness });
    if (sickness === undefined || isLate) this.#sickness = sickness;
  }

  #beat(map: ClusterMap): void {
    const { host, observer, onOwn } = this.#options;
    const facts = this.#facts();
    const heartbeat = { ...facts, diskFreeBytes: facts.diskFreeBytes ?? this.#freeBytes() };
    onOwn(heartbeat);
    for (const node of this.#receivers(map)) host.outbox.heartbeat(node, heartbeat);
    observer.count('heartbeatSent');
    host.wake();
  }

  /** Where no node of the meta group can be reached, anybody may know where it is now. */
  #receivers(map: ClusterMap): readonly NodeId[] {
    const { nodeId, peers } = this.#options;
    const reachable = (node: NodeId): boolean => node !== nodeId && peers.isConnected(node);
    const meta = map.meta.map((replica) => replica.nodeId).filter(reachable);
    const isMeta = map.meta.some((replica) => replica.nodeId === nodeId);
    return meta.length > 0 || isMeta ? meta : map.nodes.map((node) => node.id).filter(reachable);
  }
}
