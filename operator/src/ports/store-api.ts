// SPDX-License-Identifier: Apache-2.0

/** What one node of the store knows of itself and of the cluster, at the moment it was asked. */
export interface NodeReport {
  /** Undefined before it is a member. */
  readonly nodeId: string | undefined;
  readonly name: string;
  /** Of its program; empty: it is too old to say. */
  readonly version: string;
  /** What it waits for, in words; empty when it serves. */
  readonly waitingFor: string;
  /** Undefined before the cluster has formed. */
  readonly map: ClusterMapReport | undefined;
  /** Its own. */
  readonly replicas: readonly ReplicaReport[];
  /** As it knows them. */
  readonly leaders: readonly { readonly shard: number; readonly nodeId: string }[];
  /** From the leader of the meta group; undefined while that cannot be asked. */
  readonly ring: RingReport | undefined;
}

export interface ClusterMapReport {
  readonly clusterId: string;
  readonly epoch: number;
  readonly ringEpoch: number;
  readonly shardReplicas: number;
  readonly nodes: readonly MapNode[];
  /** Shard 0 is the meta group. */
  readonly shards: readonly MapShard[];
}

export interface MapNode {
  readonly id: string;
  readonly name: string;
  readonly zone: string;
  readonly isDraining: boolean;
  readonly isOut: boolean;
}

export interface MapShard {
  readonly id: number;
  readonly replicas: readonly { readonly nodeId: string; readonly isLearner: boolean }[];
}

export interface ReplicaReport {
  readonly shard: number;
  readonly commitIndex: number;
  readonly appliedIndex: number;
  /** False once its state differed from the leader's. */
  readonly isHealthy: boolean;
}

export interface RingReport {
  readonly epoch: number;
  readonly operatorEpoch: number;
  /** Why nothing moves, in words; empty while things may. */
  readonly brake: string;
  readonly nodes: readonly RingNode[];
  readonly chunks: { readonly total: number; readonly underReplicated: number; readonly moving: number };
}

export interface RingNode {
  readonly id: string;
  readonly liveness: 'alive' | 'suspect' | 'down' | 'out';
  readonly isHeld: boolean;
  readonly chunksHeld: number | undefined;
  readonly chunkBytes: number | undefined;
  readonly diskFreeBytes: number | undefined;
  /** Why what it should bring to the object store is not there; empty when nothing is wrong. */
  readonly storeProblem: string;
}

/** Generations on their way to the object store. */
export interface UploadReport {
  readonly shard: number;
  /** Sealed ones, that are not retired yet. */
  readonly waiting: number;
  /** Of the first row of all these, by the clocks of nodes. Undefined: none waits, or not all of them say. */
  readonly oldestStartMs: number | undefined;
  readonly chunkCount: number;
  readonly chunkBytes: number;
}

/** Obeyed only under the epoch that was taken last, except for the last two, which do no harm when they come late. */
export type StoreOrder =
  | { readonly kind: 'holdNode'; readonly nodeId: string; readonly durationMs: number }
  | { readonly kind: 'releaseNode'; readonly nodeId: string }
  | { readonly kind: 'hastenNode'; readonly nodeId: string }
  | { readonly kind: 'removeNode'; readonly nodeId: string }
  | { readonly kind: 'cancelRemoveNode'; readonly nodeId: string }
  | { readonly kind: 'transferLeadership'; readonly shard: number; readonly toNodeId: string }
  | { readonly kind: 'upload' };

/** The nodes of one cluster as the operator talks to them. Every call throws StoreError when it fails, within 5 s. */
export interface StoreApi {
  /** `address`: host:port of a node's gRPC listener. */
  report(address: string, signal: AbortSignal): Promise<NodeReport>;
  uploads(address: string, signal: AbortSignal): Promise<readonly UploadReport[]>;
  /** Puts the caller in charge of the cluster. @returns the epoch for its orders. */
  takeEpoch(address: string, signal: AbortSignal): Promise<number>;
  order(address: string, order: StoreOrder, epoch: number, signal: AbortSignal): Promise<void>;
}

export class StoreError extends Error {
  override readonly name = 'StoreError';
  /** The cluster has understood and will not: another operator is in charge, or the order makes no sense now. */
  readonly isRefusal: boolean;

  constructor(message: string, isRefusal: boolean, options?: ErrorOptions) {
    super(message, options);
    this.isRefusal = isRefusal;
  }
}
