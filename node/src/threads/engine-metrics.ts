// SPDX-License-Identifier: Apache-2.0
import type { Logger } from 'pino';
import type { DiskSpace } from '../adapters/system/disk-space.ts';
import type { EngineEvent, EngineObserver } from '../engine/engine-observer.ts';
import type { Engine } from '../engine/engine.ts';
import type { Replica } from '../engine/host/replica.ts';
import type { Clock } from '../ports/clock.ts';
import type { MetricsSink } from '../telemetry/sink.ts';

const recorders: { readonly [E in EngineEvent]: (metrics: MetricsSink, times: number) => void } = {
  stateHashMismatch: (m, n) => m.add('shortlink_node_state_hash_mismatches_total', n),
  snapshotSent: (m, n) => m.add('shortlink_node_raft_snapshots_total', n, { direction: 'sent', result: 'ok' }),
  snapshotSendFailed: (m, n) =>
    m.add('shortlink_node_raft_snapshots_total', n, { direction: 'sent', result: 'failed' }),
  snapshotReceived: (m, n) => m.add('shortlink_node_raft_snapshots_total', n, { direction: 'received', result: 'ok' }),
  snapshotByteReceived: (m, n) => m.add('shortlink_node_raft_snapshot_received_bytes_total', n),
  snapshotReceiveFailed: (m, n) =>
    m.add('shortlink_node_raft_snapshots_total', n, { direction: 'received', result: 'failed' }),
  messageSent: (m, n) => m.add('shortlink_node_raft_messages_total', n, { direction: 'sent' }),
  messageReceived: (m, n) => m.add('shortlink_node_raft_messages_total', n, { direction: 'received' }),
  frameDropped: (m, n) => m.add('shortlink_node_raft_messages_total', n, { direction: 'dropped' }),
  heartbeatSent: (m, n) => m.add('shortlink_node_heartbeats_total', n),
  writeCommitted: (m, n) => m.add('shortlink_node_proposals_total', n, { result: 'committed' }),
  writeUnavailable: (m, n) => m.add('shortlink_node_proposals_total', n, { result: 'unavailable' }),
  writeOverloaded: (m, n) => m.add('shortlink_node_proposals_total', n, { result: 'overloaded' }),
  writeTimeout: (m, n) => m.add('shortlink_node_proposals_total', n, { result: 'timeout' }),
  writeRefused: (m, n) => m.add('shortlink_node_proposals_total', n, { result: 'refused' }),
  readConfirmed: (m, n) => m.add('shortlink_node_read_indexes_total', n, { result: 'ok' }),
  readFailed: (m, n) => m.add('shortlink_node_read_indexes_total', n, { result: 'failed' }),
  forwardOk: (m, n) => m.add('shortlink_node_forwards_total', n, { result: 'ok' }),
  forwardUnavailable: (m, n) => m.add('shortlink_node_forwards_total', n, { result: 'unavailable' }),
  forwardOverloaded: (m, n) => m.add('shortlink_node_forwards_total', n, { result: 'overloaded' }),
  forwardTimeout: (m, n) => m.add('shortlink_node_forwards_total', n, { result: 'timeout' }),
  forwardRefused: (m, n) => m.add('shortlink_node_forwards_total', n, { result: 'refused' }),
};

/** Turns what the engine reports into metrics and log lines. */
export function meteredObserver(metrics: MetricsSink, logger: Logger, clock: Clock): EngineObserver {
  return {
    time: (what, work) => {
      if (what !== 'fsync') return work();
      const startMs = clock.monotonicMs();
      const result = work();
      metrics.observe('shortlink_node_fsync_seconds', (clock.monotonicMs() - startMs) / 1000);
      return result;
    },
    turnTook: (durationMs) => metrics.observe('shortlink_node_turn_seconds', durationMs / 1000),
    persisted: (entries, bytes) => {
      metrics.observe('shortlink_node_turn_entries', entries);
      metrics.observe('shortlink_node_turn_bytes', bytes);
    },
    proposed: (mutations) => metrics.observe('shortlink_node_proposal_mutations', mutations),
    count: (what, times = 1) => recorders[what](metrics, times),
    log: (level, message, fields) => logger[level](fields ?? {}, message),
  };
}

/** Gauges that are looked up when they are reported. Series of shards that left this node are forgotten. */
export class EngineGauges {
  readonly #engine: Engine;
  readonly #metrics: MetricsSink;
  readonly #diskSpace: () => DiskSpace | undefined;
  #shards = new Set<string>();
  #peers = new Set<string>();

  /** `diskSpace`: of the volume. */
  constructor(engine: Engine, metrics: MetricsSink, diskSpace: () => DiskSpace | undefined) {
    this.#engine = engine;
    this.#metrics = metrics;
    this.#diskSpace = diskSpace;
  }

  publish(): void {
    const shards = new Set<string>();
    let proposals = 0;
    let reads = 0;
    for (const replica of this.#engine.host.replicasByShard.values()) {
      const shard = String(replica.shard);
      shards.add(shard);
      const status = replica.status();
      this.#metrics.set('shortlink_node_raft_leader', replica.isLeader ? 1 : 0, { shard });
      this.#metrics.set('shortlink_node_raft_term', status.hardState.term, { shard });
      this.#metrics.set('shortlink_node_raft_commit_index', status.hardState.commit, { shard });
      this.#metrics.set(
        'shortlink_node_raft_apply_lag_entries',
        status.hardState.commit - replica.machine.appliedIndex,
        { shard },
      );
      this.#metrics.set('shortlink_node_replica_healthy', replica.healthy ? 1 : 0, { shard });
      this.#publishVoters(replica);
      proposals += replica.proposals.waitingCount + replica.proposals.pendingCount;
      reads += replica.reads.waitingCount;
    }
    this.#forget(shards);
    this.#publishPeers();
    this.#publishRing();
    this.#publishMachine();
    this.#metrics.set('shortlink_node_queue_length', proposals, { queue: 'proposals' });
    this.#metrics.set('shortlink_node_queue_length', reads, { queue: 'reads' });
    this.#metrics.set('shortlink_node_queue_length', this.#engine.forwardsWaiting, { queue: 'forwards' });
    const { ready, writable } = this.#engine.health();
    this.#metrics.set('shortlink_node_ready', ready ? 1 : 0);
    this.#metrics.set('shortlink_node_writable', writable ? 1 : 0);
  }

  #publishMachine(): void {
    const { freeBytes, sizeBytes } = this.#diskSpace() ?? {};
    if (freeBytes !== undefined) this.#metrics.set('shortlink_node_disk_free_bytes', freeBytes);
    if (sizeBytes !== undefined) this.#metrics.set('shortlink_node_disk_size_bytes', sizeBytes);
    const offsetMs = this.#engine.clockOffsetMs;
    if (offsetMs === undefined) this.#metrics.remove('shortlink_node_clock_offset_seconds');
    else this.#metrics.set('shortlink_node_clock_offset_seconds', offsetMs / 1000);
  }

  #publishVoters({ isLeader, isMeta, shard: id }: Replica): void {
    const { volume, nodeId, deps } = this.#engine;
    const shard = String(id);
    const planned = isMeta ? volume.map?.meta : volume.map?.shards.find((one) => one.id === id)?.replicas;
    if (!isLeader || planned === undefined) return this.#forgetVoters(shard);
    const voters = planned.filter(({ role }) => role === 'voter');
    const connected = voters.filter((one) => one.nodeId === nodeId || deps.peers.isConnected(one.nodeId));
    this.#metrics.set('shortlink_node_raft_voters', voters.length, { shard });
    this.#metrics.set('shortlink_node_raft_voters_connected', connected.length, { shard });
  }

  #forgetVoters(shard: string): void {
    this.#metrics.remove('shortlink_node_raft_voters', { shard });
    this.#metrics.remove('shortlink_node_raft_voters_connected', { shard });
  }

  #publishRing(): void {
    const { ring, volume } = this.#engine;
    this.#metrics.set('shortlink_node_ring_epoch', volume.map?.ringEpoch ?? 0);
    this.#metrics.set('shortlink_node_heartbeats_withheld', ring.heartbeats.sickness === undefined ? 0 : 1);
    const liveness = ring.view()?.liveness;
    for (const state of ['ALIVE', 'SUSPECT', 'DOWN', 'OUT'] as const) {
      const count = liveness?.nodes.filter((node) => node.state === state).length;
      if (count === undefined) this.#metrics.remove('shortlink_node_ring_nodes', { state });
      else this.#metrics.set('shortlink_node_ring_nodes', count, { state });
    }
    if (liveness === undefined) this.#metrics.remove('shortlink_node_ring_braked');
    else this.#metrics.set('shortlink_node_ring_braked', liveness.brake === undefined ? 0 : 1);
  }

  #publishPeers(): void {
    const { volume, nodeId, deps } = this.#engine;
    const nodes = new Set((volume.map?.nodes ?? []).map((node) => node.id).filter((node) => node !== nodeId));
    for (const node of nodes)
      this.#metrics.set('shortlink_node_peer_connected', deps.peers.isConnected(node) ? 1 : 0, { node });
    for (const node of this.#peers)
      if (!nodes.has(node)) this.#metrics.remove('shortlink_node_peer_connected', { node });
    this.#peers = nodes;
  }

  #forget(present: Set<string>): void {
    for (const shard of this.#shards) {
      if (present.has(shard)) continue;
      this.#metrics.remove('shortlink_node_raft_leader', { shard });
      this.#metrics.remove('shortlink_node_raft_term', { shard });
      this.#metrics.remove('shortlink_node_raft_commit_index', { shard });
      this.#metrics.remove('shortlink_node_raft_apply_lag_entries', { shard });
      this.#metrics.remove('shortlink_node_replica_healthy', { shard });
      this.#forgetVoters(shard);
    }
    this.#shards = present;
  }
}
