// SPDX-License-Identifier: Apache-2.0

/** Identity of a replica within its group; positive, never used again. */
export type ReplicaId = number;
/** Election term; 0 before the first election. */
export type Term = number;
/** Position in the log; the first entry of a fresh log has index 1. */
export type LogIndex = number;

/** "No replica": no leader is known, no vote was cast. */
export const noReplica: ReplicaId = 0;

/**
 * Targets of local messages when storage writes are asynchronous. They are no replica ids: a transport never sees them.
 * Messages to one target are processed in order and are never lost; the two targets are independent of each other.
 */
export const localAppendThread: ReplicaId = Number.MAX_SAFE_INTEGER;
export const localApplyThread: ReplicaId = Number.MAX_SAFE_INTEGER - 1;

/** No limit, for every option that counts bytes. */
export const noLimit = Number.POSITIVE_INFINITY;

export type EntryType = 'normal' | 'confChange' | 'confChangeV2';

/** One record of the replicated log. Immutable from the moment it was appended. */
export interface Entry {
  readonly term: Term;
  readonly index: LogIndex;
  readonly type: EntryType;
  readonly data: Uint8Array;
}

/** What a replica must find on its disk after a restart (Raft thesis, section 3.8), besides its log. */
export interface HardState {
  readonly term: Term;
  readonly vote: ReplicaId;
  readonly commit: LogIndex;
}

/** The members of a group, as of one applied entry. Joint while `votersOutgoing` is not empty. */
export interface ConfState {
  readonly voters: readonly ReplicaId[];
  readonly learners: readonly ReplicaId[];
  readonly votersOutgoing: readonly ReplicaId[];
  /** Voters of the outgoing configuration that become learners when the joint configuration is left. */
  readonly learnersNext: readonly ReplicaId[];
  /** The leader leaves the joint configuration by itself, as soon as that is safe. */
  readonly autoLeave: boolean;
}

export interface SnapshotMetadata {
  readonly confState: ConfState;
  readonly index: LogIndex;
  readonly term: Term;
}

/** State up to and including `metadata.index`. `data` is opaque to the core; index 0 means "no snapshot". */
export interface Snapshot {
  readonly metadata: SnapshotMetadata;
  readonly data: Uint8Array;
}

export type MessageType =
  | 'MsgHup'
  | 'MsgBeat'
  | 'MsgProp'
  | 'MsgApp'
  | 'MsgAppResp'
  | 'MsgVote'
  | 'MsgVoteResp'
  | 'MsgSnap'
  | 'MsgHeartbeat'
  | 'MsgHeartbeatResp'
  | 'MsgUnreachable'
  | 'MsgSnapStatus'
  | 'MsgCheckQuorum'
  | 'MsgTransferLeader'
  | 'MsgTimeoutNow'
  | 'MsgReadIndex'
  | 'MsgReadIndexResp'
  | 'MsgPreVote'
  | 'MsgPreVoteResp'
  | 'MsgStorageAppend'
  | 'MsgStorageAppendResp'
  | 'MsgStorageApply'
  | 'MsgStorageApplyResp'
  | 'MsgForgetLeader';

/**
 * The one message of the protocol. Fields that a type does not use are 0, empty, false or undefined; every message
 * is made with all fields present (`newMessage`), so that all of them have one hidden class.
 */
export interface Message {
  readonly type: MessageType;
  readonly to: ReplicaId;
  readonly from: ReplicaId;
  /** Term of the sender; 0 for local messages, for MsgProp and for MsgReadIndex. */
  readonly term: Term;
  /** Term of the entry at `index` (MsgApp), of the last entry (votes), of the hint (rejections). */
  readonly logTerm: Term;
  readonly index: LogIndex;
  readonly entries: readonly Entry[];
  readonly commit: LogIndex;
  /** Only in MsgStorageAppend, as part of the hard state. */
  readonly vote: ReplicaId;
  readonly snapshot?: Snapshot | undefined;
  readonly reject: boolean;
  readonly rejectHint: LogIndex;
  readonly context?: Uint8Array | undefined;
  /** To be delivered after the work of a MsgStorageAppend (durably) or MsgStorageApply is done. */
  readonly responses?: readonly Message[] | undefined;
}

export type Role = 'follower' | 'preCandidate' | 'candidate' | 'leader';

/** Volatile state that a driver likes to know about. */
export interface SoftState {
  readonly lead: ReplicaId;
  readonly role: Role;
}

/** Reads tagged with `requestContext` may be served once the applied index has reached `index`. */
export interface ReadState {
  readonly index: LogIndex;
  readonly requestContext: Uint8Array;
}

/**
 * Work for the driver.
 *
 * With synchronous storage writes: persist `hardState`, `entries` and `snapshot` (durably if `mustSync`), then send
 * `messages`, apply `snapshot` and `committedEntries`, and call `advance`.
 * With asynchronous storage writes: `messages` may all be sent at once. The rest of this structure is also contained
 * in the MsgStorageAppend and MsgStorageApply among them, and only those are to be acted upon.
 */
export interface Ready {
  /** Set only when it changed. */
  readonly softState: SoftState | undefined;
  /** Set only when it changed. */
  readonly hardState: HardState | undefined;
  readonly readStates: readonly ReadState[];
  readonly entries: readonly Entry[];
  readonly snapshot: Snapshot | undefined;
  readonly committedEntries: readonly Entry[];
  readonly messages: readonly Message[];
  /** The write of `hardState` and `entries` carries a promise and needs a durable write. */
  readonly mustSync: boolean;
}

/**
 * - `proposalDropped`: the proposal will not be appended (no leader, transfer in progress, limits); try again or elsewhere.
 * - `localMessage`: a message type that must not come over the network; ignored.
 * - `peerNotFound`: a response of a replica that is not (or no longer) a member; ignored.
 */
export type StepResult = 'ok' | 'proposalDropped' | 'localMessage' | 'peerNotFound';
