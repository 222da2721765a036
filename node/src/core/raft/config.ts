// SPDX-License-Identifier: Apache-2.0

import { silentLogger } from './logger.ts';
import type { RaftLogger } from './logger.ts';
import type { Storage } from './storage.ts';
import { localApplyThread, noLimit } from './types.ts';
import type { LogIndex, ReplicaId } from './types.ts';

/**
 * - `safe`: a read index is confirmed by a quorum of heartbeats.
 * - `leaseBased`: the leader answers as long as it has not stepped down. Needs `checkQuorum`, and is not linearizable: the
 *   leader may be up to an election timeout late to notice that it lost its quorum, even with clocks that run alike.
 */
export type ReadOnlyOption = 'safe' | 'leaseBased';

export interface RaftConfig {
  readonly id: ReplicaId;
  /** Election timeout in ticks; the actual one is random in [electionTicks, 2 * electionTicks). */
  readonly electionTicks: number;
  readonly heartbeatTicks: number;
  readonly storage: Storage;
  /** Index of the last applied entry, when restarting; entries up to it are not handed out again. Default 0. */
  readonly applied?: LogIndex | undefined;
  /** Random integer in [0, n). */
  readonly random: (n: number) => number;
  readonly logger?: RaftLogger | undefined;
  /** Exchange local storage messages instead of Ready/advance. Default false. */
  readonly asyncStorageWrites?: boolean | undefined;
  /** Entries of one MsgApp; at least one entry is sent. 0 sends single entries. Default no limit. */
  readonly maxSizePerMsgBytes?: number | undefined;
  /** Committed entries handed out and not yet acknowledged as applied. Default `maxSizePerMsgBytes`. */
  readonly maxCommittedSizePerReadyBytes?: number | undefined;
  /** Payload of the leader's uncommitted tail; beyond it proposals are dropped. Default no limit. */
  readonly maxUncommittedEntriesSizeBytes?: number | undefined;
  /** MsgApps in flight to one follower. */
  readonly maxInflightMsgs: number;
  /** Payload in flight to one follower. Default no limit. */
  readonly maxInflightBytes?: number | undefined;
  /** A leader without contact to a quorum for an election timeout steps down; votes are ignored under a live leader. */
  readonly checkQuorum?: boolean | undefined;
  /** Raft thesis, section 9.6. */
  readonly preVote?: boolean | undefined;
  /** Default `safe`. */
  readonly readOnlyOption?: ReadOnlyOption | undefined;
  /**
   * A follower that forwards a read says in which term it follows the leader. The leader takes that for an answer to its
   * heartbeats, for this read alone: it was sent after the read began, and says the same. Where both are a quorum, as in
   * a group of three, the read is confirmed at once. Default false, as in etcd-io/raft.
   */
  readonly vouchedReads?: boolean | undefined;
  /**
   * Let requests for votes leave before the term and the log that they speak of are durable, as etcd-io/raft does with
   * asynchronous storage writes. Not safe: a candidate that crashes may ask again in the same term with a shorter log,
   * and win by a vote for the longer one. For comparisons only. Default false.
   */
  readonly earlyVoteRequests?: boolean | undefined;
  /** Followers drop proposals instead of forwarding them to the leader. */
  readonly disableProposalForwarding?: boolean | undefined;
  /** Propose configuration changes without checking them against the active configuration. */
  readonly disableConfChangeValidation?: boolean | undefined;
  /** A leader that is removed or demoted becomes follower at once. */
  readonly stepDownOnRemoval?: boolean | undefined;
}

/** The configuration with every default filled in. */
export type ResolvedConfig = { readonly [K in keyof RaftConfig]-?: Exclude<RaftConfig[K], undefined> };

function isPositiveInteger(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0;
}

/** Everything that is wrong with a configuration; empty when it can be used. */
export function validate(config: RaftConfig): readonly string[] {
  const errors: string[] = [];
  const check = (ok: boolean, message: string): void => {
    if (!ok) errors.push(message);
  };
  check(isPositiveInteger(config.id), 'id must be a positive integer');
  check(config.id < localApplyThread, 'id must not be a local target');
  check(isPositiveInteger(config.heartbeatTicks), 'heartbeatTicks must be greater than 0');
  check(Number.isSafeInteger(config.electionTicks), 'electionTicks must be an integer');
  check(config.electionTicks > config.heartbeatTicks, 'electionTicks must be greater than heartbeatTicks');
  check(isPositiveInteger(config.maxInflightMsgs), 'maxInflightMsgs must be greater than 0');
  const { maxSizePerMsgBytes = noLimit, maxInflightBytes = noLimit } = config;
  check(maxSizePerMsgBytes >= 0, 'maxSizePerMsgBytes must not be negative');
  check(maxInflightBytes >= maxSizePerMsgBytes, 'maxInflightBytes must be at least maxSizePerMsgBytes');
  check((config.maxCommittedSizePerReadyBytes ?? 1) > 0, 'maxCommittedSizePerReadyBytes must be greater than 0');
  check((config.maxUncommittedEntriesSizeBytes ?? 0) >= 0, 'maxUncommittedEntriesSizeBytes must not be negative');
  check((config.applied ?? 0) >= 0, 'applied must not be negative');
  check(
    config.readOnlyOption !== 'leaseBased' || config.checkQuorum === true,
    'checkQuorum must be enabled when readOnlyOption is leaseBased',
  );
  return errors;
}

export function resolveConfig(config: RaftConfig): ResolvedConfig {
  const maxSizePerMsgBytes = config.maxSizePerMsgBytes ?? noLimit;
  return {
    id: config.id,
    electionTicks: config.electionTicks,
    heartbeatTicks: config.heartbeatTicks,
    storage: config.storage,
    applied: config.applied ?? 0,
    random: config.random,
    logger: config.logger ?? silentLogger,
    asyncStorageWrites: config.asyncStorageWrites ?? false,
    maxSizePerMsgBytes,
    // A limit of 0 would never hand out anything; one byte hands out single entries.
    maxCommittedSizePerReadyBytes: config.maxCommittedSizePerReadyBytes ?? Math.max(1, maxSizePerMsgBytes),
    maxUncommittedEntriesSizeBytes: config.maxUncommittedEntriesSizeBytes ?? noLimit,
    maxInflightMsgs: config.maxInflightMsgs,
    maxInflightBytes: config.maxInflightBytes ?? noLimit,
    checkQuorum: config.checkQuorum ?? false,
    preVote: config.preVote ?? false,
    readOnlyOption: config.readOnlyOption ?? 'safe',
    vouchedReads: config.vouchedReads ?? false,
    earlyVoteRequests: config.earlyVoteRequests ?? false,
    disableProposalForwarding: config.disableProposalForwarding ?? false,
    disableConfChangeValidation: config.disableConfChangeValidation ?? false,
    stepDownOnRemoval: config.stepDownOnRemoval ?? false,
  };
}
