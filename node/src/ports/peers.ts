// SPDX-License-Identifier: Apache-2.0
import type { NodeId, ShardId } from '@shortlink/common/ids.ts';
import type { Message } from '../core/raft/types.ts';

export interface GroupMessage {
  readonly shard: ShardId;
  readonly message: Message;
}

/** `copy`: a part of a chunk's copy on the disk of the node that is asked. */
export type ForwardKind = 'write' | 'read' | 'map' | 'control' | 'copy';

/** A request that another node can answer better: the leader of a shard, or a node that holds a replica. */
export interface ForwardRequest {
  /** Unique per sender while it waits. */
  readonly id: number;
  /** How often it was handed on; bounded by limits.forwardMaxHops. */
  readonly hops: number;
  readonly shard: ShardId;
  readonly kind: ForwardKind;
  /** What is left of the caller's time; clocks of nodes are not compared. */
  readonly timeoutMs: number;
  readonly payload: Uint8Array;
}

export type ForwardStatus = 'ok' | 'unavailable' | 'overloaded' | 'timeout' | 'refused';

export interface ForwardReply {
  readonly id: number;
  readonly status: ForwardStatus;
  /** The answer when ok, else a sentence in UTF-8. */
  readonly payload: Uint8Array;
}

/** Said to the meta group regularly, as long as the node is well: that it lives, and what it carries. */
export interface NodeHeartbeat {
  readonly chunksHeld: number;
  /** Bytes of those chunks. */
  readonly chunkBytes: number;
  /** Free bytes of the disk; undefined where it is not known. */
  readonly diskFreeBytes: number | undefined;
  /** Why the node holds fewer chunks than it should, in words; undefined when nothing is wrong. */
  readonly chunkProblem: string | undefined;
  /** Why what should be in the object store is not, in words; undefined when nothing is wrong. */
  readonly storeProblem: string | undefined;
}

/** What one node tells another in one turn, all groups together. */
export interface PeerFrame {
  readonly raft: readonly GroupMessage[];
  readonly requests: readonly ForwardRequest[];
  readonly replies: readonly ForwardReply[];
  readonly heartbeat?: NodeHeartbeat | undefined;
  /** From the leader of the meta group, as the answer to a heartbeat: nodes that traffic should avoid. */
  readonly silentNodes?: readonly NodeId[] | undefined;
  /** The sender's wall clock, to notice a clock that is wrong against a majority. */
  readonly clockMs: number;
  /** Epoch of the newest cluster map that the sender knows. */
  readonly mapEpoch: number;
}

/** Pulls the chunks of a snapshot, each at most limits.snapshotChunkMaxBytes; undefined at the end. */
export interface SnapshotSource {
  readonly header: Uint8Array;
  next(): Uint8Array | undefined;
  close(outcome: 'finished' | 'failed'): void;
}

/** Takes the chunks of an arriving snapshot in order; a throw refuses the rest. */
export interface SnapshotSink {
  chunk(bytes: Uint8Array): void;
  /** Every chunk has arrived. */
  end(): void;
  abort(): void;
}

/**
 * Transport between nodes: one ordered stream per pair, snapshots on streams of their own with a rate limit.
 * Sending never blocks and never throws; frames are dropped when a peer is away or its queue is full (Raft retries).
 */
export interface Peers {
  /** The nodes to keep streams with, and how to reach them. */
  setPeers(addressesByNode: ReadonlyMap<NodeId, string>): void;
  send(to: NodeId, frame: PeerFrame): void;
  /** Lets the operating system have what was sent, before the caller blocks its thread; undefined when nothing is to wait for. */
  flush(): Promise<void> | undefined;
  sendSnapshot(to: NodeId, source: SnapshotSource): void;
  isConnected(to: NodeId): boolean;
  /** One question to an address whose node need not be known yet (formation, join). Rejects when it is not answered. */
  ask(address: string, question: Uint8Array, timeoutMs: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** The engine's side of the transport. */
export interface PeerHandler {
  onFrame(from: NodeId, frame: PeerFrame): void;
  /** The stream to a peer broke: what was sent lately may be lost. */
  onDisconnect(from: NodeId): void;
  onSnapshot(from: NodeId, header: Uint8Array): SnapshotSink;
  onQuestion(question: Uint8Array): Promise<Uint8Array>;
}
