// SPDX-License-Identifier: Apache-2.0
import type { NodeId, ShardId } from '@shortlink/common/ids.ts';
import type { AdminRequest, AdminResponse } from '../ports/admin.ts';
import type { NodeHeartbeat } from '../ports/peers.ts';
import type { ChunkCounts } from '../ports/ring-report.ts';
import type { ClusterMap } from '../core/cluster/cluster-map.ts';
import type { Answer } from './requests.ts';

/** Where a serving thread may read by itself, at a state no older than when it asked. */
export interface ReadView {
  readonly slot: number;
  readonly timeMs: number;
  readonly revision: number;
  readonly generations: readonly { readonly id: number }[];
  readonly chunkSetVersion: number;
}

export type BarrierOutcome =
  | { readonly kind: 'view'; readonly view: ReadView }
  /** No replica that can be read lives here. */
  | { readonly kind: 'elsewhere' }
  | { readonly kind: 'failed'; readonly message: string };

export interface ClientRequest {
  readonly kind: 'write' | 'read';
  readonly shard: ShardId;
  readonly payload: Uint8Array;
  readonly timeoutMs: number;
}

export interface CopyQuestion {
  /** An encoded CopyRange. */
  readonly payload: Uint8Array;
  readonly timeoutMs: number;
}

/** Whether the node can do its work, for probes. */
export interface EngineHealth {
  readonly ready: boolean;
  readonly writable: boolean;
  /** In words; undefined when there is nothing to wait for. */
  readonly waitingFor: string | undefined;
}

/** What serving threads may ask of the engine; the same on its own thread and across threads. */
export interface EngineApi {
  submit(request: ClientRequest, answer: Answer): void;
  barrier(shard: ShardId, timeoutMs: number, answer: (outcome: BarrierOutcome) => void): void;
  /** Asks another node for a part of a copy; answered by the deadline. */
  askForCopy(node: NodeId, question: CopyQuestion, answer: Answer): void;
  /** What heartbeats say from now on of the chunks on this node, and reports of all chunks. */
  carry(facts: NodeHeartbeat, counts: ChunkCounts): void;
  admin(request: AdminRequest, answer: (response: AdminResponse) => void): void;
  onMap(listener: (map: ClusterMap) => void): void;
}
