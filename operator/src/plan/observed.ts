// SPDX-License-Identifier: Apache-2.0

// What the operator saw when it made a plan: plain data, so that a plan can be printed, tested and made again.

/** An object as it was, for deletes that must not hit another one of the same name. */
export interface ObjectVersion {
  readonly uid: string;
  readonly resourceVersion: string;
}

export interface StatefulSetState extends ObjectVersion {
  readonly replicas: number;
  /** The spec that this status is about has been seen by its controller. */
  readonly isObserved: boolean;
  /** Of the claims that it will make, which cannot be changed in place. */
  readonly claimBytes: number;
}

export interface PodState extends ObjectVersion {
  readonly name: string;
  readonly ordinal: number;
  /** Of the template that it was made from. */
  readonly templateHash: string;
  readonly isReady: boolean;
  readonly isDeleting: boolean;
  /** Undefined until it is scheduled. */
  readonly kubeNode: string | undefined;
  /** That it was told; undefined: none yet. */
  readonly zone: string | undefined;
  /** Was told that its node must not run. */
  readonly isFenced: boolean;
  /** The container of its node does not run: it was never started, or has ended. */
  readonly isStopped: boolean;
  /** What is wrong with it, as the scheduler and the kubelet say: `ImagePullBackOff: …`. */
  readonly problem: string | undefined;
  /** What its node says that it waits for; undefined when it serves, or says nothing. */
  readonly waitsFor: string | undefined;
}

export interface ClaimState extends ObjectVersion {
  readonly name: string;
  readonly ordinal: number;
  readonly requestedBytes: number;
  /** What there is; undefined while it is not bound. */
  readonly capacityBytes: number | undefined;
  /** Whether its storage class lets it; undefined: nobody may read the class, or there is none of that name. */
  readonly canGrow: boolean | undefined;
  /** The volume behind it is gone for good. */
  readonly isLost: boolean;
  readonly isDeleting: boolean;
  /** The node of the store whose data it holds, once that was seen. */
  readonly nodeId: string | undefined;
  /** It goes when the cluster is deleted. */
  readonly goesWithCluster: boolean;
  /** Why it does not become larger, as its conditions say. */
  readonly resizeProblem: string | undefined;
}

/** A machine, as far as it matters. */
export interface KubeNodeState {
  readonly name: string;
  readonly isReady: boolean;
  /** Of its label; undefined where it has none. */
  readonly zone: string | undefined;
}

export type Liveness = 'alive' | 'suspect' | 'down' | 'out' | 'unknown';

export interface StoreNode {
  readonly id: string;
  /** Of its pod. */
  readonly name: string;
  readonly zone: string;
  /** Of its program; undefined while it does not say. */
  readonly version: string | undefined;
  readonly isDraining: boolean;
  readonly liveness: Liveness;
  readonly isHeld: boolean;
  readonly chunksHeld: number | undefined;
  readonly chunkBytes: number | undefined;
  readonly diskFreeBytes: number | undefined;
  /** Why what it should bring to the object store is not there; undefined when nothing is wrong. */
  readonly storeProblem: string | undefined;
}

export interface StoreReplica {
  readonly nodeId: string;
  readonly isLearner: boolean;
  /** Entries that it has not applied yet; undefined where nobody knows. */
  readonly lagEntries: number | undefined;
}

/** Shard 0 is the meta group. */
export interface StoreShard {
  readonly id: number;
  readonly replicas: readonly StoreReplica[];
  readonly leaderNodeId: string | undefined;
}

/** The cluster's own view of itself, from the node that was asked. */
export interface StoreState {
  readonly clusterId: string;
  readonly mapEpoch: number;
  readonly ringEpoch: number;
  /** Of the operator that is in charge. */
  readonly operatorEpoch: number;
  readonly shardReplicas: number;
  readonly nodes: readonly StoreNode[];
  readonly shards: readonly StoreShard[];
  /** Why nothing moves; empty while things may. */
  readonly brake: string;
  readonly chunks: { readonly total: number; readonly underReplicated: number; readonly moving: number };
}

/** A Secret as it was looked at. `foreign`: it does not belong to the cluster, so nobody writes to it. */
export type SecretState<T> =
  | { readonly kind: 'missing' }
  | { readonly kind: 'foreign'; readonly owner: string | undefined }
  | { readonly kind: 'damaged'; readonly problem: string }
  | { readonly kind: 'whole'; readonly content: T };

/** The CA that signs from now on. */
export interface AuthorityState {
  readonly fingerprint: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** What nodes show to each other, and whom they believe. */
export interface CertificateState {
  /** Fingerprints of the CAs, that of `issuer` among them. */
  readonly trusted: readonly string[];
  /** Fingerprint of the CA that signed the certificate. */
  readonly issuer: string;
  readonly notAfterMs: number;
  readonly dnsNames: readonly string[];
  /** Since when the newest CA has been believed; undefined: nobody knows. */
  readonly trustedSinceMs: number | undefined;
  /** Since when the certificate has been there; undefined: nobody knows. */
  readonly issuedAtMs: number | undefined;
}

export interface CertificatesState {
  /** cert-manager has been asked for the certificate, in an object of this cluster. */
  readonly isRequested: boolean;
  /** Why it cannot be asked, in words. */
  readonly makerProblem: string | undefined;
  readonly authority: SecretState<AuthorityState>;
  readonly nodes: SecretState<CertificateState>;
}

export interface Observed {
  readonly nowMs: number;
  /** Names of the objects that are missing or not as they should be, in the order in which they are made. */
  readonly outdatedObjects: readonly string[];
  /** Objects that are there and should not be. */
  readonly strayObjects: readonly (ObjectVersion & { readonly object: string })[];
  readonly statefulSet: StatefulSetState | undefined;
  readonly pods: readonly PodState[];
  readonly claims: readonly ClaimState[];
  readonly kubeNodes: readonly KubeNodeState[];
  /** Undefined where nodes talk in plain text. */
  readonly certificates: CertificatesState | undefined;
  /** Undefined while no node answers. */
  readonly store: StoreState | undefined;
}
