// SPDX-License-Identifier: Apache-2.0

import { assert } from '@shortlink/common/assert.ts';
import { asConfChangeV2 } from './conf-change.ts';
import type { AnyConfChange } from './conf-change.ts';
import { encodeConfChangeEntry } from './conf-change-codec.ts';
import { resolveConfig, validate } from './config.ts';
import type { RaftConfig } from './config.ts';
import { applyConfChange } from './membership.ts';
import { isLocalMessage, isLocalTarget, isResponseMessage, newMessage } from './message.ts';
import { hasReady, newReadyState, takeReady } from './ready.ts';
import type { ReadyState } from './ready.ts';
import { newRaft } from './restart.ts';
import type { Raft } from './state.ts';
import { basicStatusOf, statusOf } from './status.ts';
import type { BasicStatus, Status } from './status.ts';
import { step } from './step.ts';
import { tick } from './tick.ts';
import type { ConfState, Entry, Message, Ready, ReplicaId, StepResult } from './types.ts';

/**
 * One replica of one group, as a deterministic state machine: no clock, randomness, promise or I/O of its own.
 * The driver calls `tick` regularly, hands in messages by `step`, and does the work that `ready` describes.
 */
export class RawNode {
  readonly #raft: Raft;
  readonly #readyState: ReadyState;

  /** Reads the initial state from storage. A configuration with errors is a broken invariant; see `validate`. */
  constructor(config: RaftConfig) {
    const errors = validate(config);
    assert(errors.length === 0, `raft configuration: ${errors.join('; ')}`);
    this.#raft = newRaft(resolveConfig(config));
    this.#readyState = newReadyState(this.#raft);
  }

  /** Advances the logical clock by one tick. */
  tick(): void {
    tick(this.#raft);
  }

  /** Replaces the random election timeout until the next change of role: a way to hold a sick replica back. */
  overrideElectionTimeout(ticks: number): void {
    this.#raft.randomizedElectionTicks = ticks;
  }

  /** Starts an election, whatever the clock says. */
  campaign(): StepResult {
    return step(this.#raft, newMessage('MsgHup', 0));
  }

  /** Proposes several entries in one call: either all of them are appended (in order) or none. */
  propose(data: readonly Uint8Array[]): StepResult {
    const entries: Entry[] = [];
    for (const payload of data) entries.push({ term: 0, index: 0, type: 'normal', data: payload });
    return this.#propose(entries);
  }

  /** An invalid change (see `disableConfChangeValidation`) is appended as an empty normal entry. */
  proposeConfChange(change: AnyConfChange): StepResult {
    return this.#propose([encodeConfChangeEntry(change)]);
  }

  /**
   * To be called when a committed configuration change is applied, unless the state machine voids it.
   * @returns the configuration from this entry on.
   */
  applyConfChange(change: AnyConfChange): ConfState {
    return applyConfChange(this.#raft, asConfChangeV2(change));
  }

  /** Hands in a message of another replica or of a local storage thread. The message is not changed. */
  step(message: Message): StepResult {
    const fromLocalThread = isLocalTarget(message.from);
    if (isLocalMessage(message.type) && !fromLocalThread) return 'localMessage';
    if (isResponseMessage(message.type) && !fromLocalThread && !this.#raft.tracker.progress.has(message.from)) {
      return 'peerNotFound';
    }
    return step(this.#raft, message);
  }

  hasReady(): boolean {
    return hasReady(this.#raft, this.#readyState);
  }

  /** Takes the outstanding work. All of it must be done (see `Ready`). */
  ready(): Ready {
    return takeReady(this.#raft, this.#readyState);
  }

  /** The work of the last Ready is done. Only with synchronous storage writes. */
  advance(): void {
    assert(!this.#raft.config.asyncStorageWrites, 'advance must not be called with asynchronous storage writes');
    for (const message of this.#readyState.stepsOnAdvance.splice(0)) step(this.#raft, message);
  }

  /** Allocates; see `basicStatus` for what is cheap. */
  status(): Status {
    return statusOf(this.#raft);
  }

  basicStatus(): BasicStatus {
    return basicStatusOf(this.#raft);
  }

  /** The last message to `id` may be lost: go back from optimistic replication to probing. */
  reportUnreachable(id: ReplicaId): void {
    const message = newMessage('MsgUnreachable', 0);
    message.from = id;
    step(this.#raft, message);
  }

  /** The transfer of a snapshot (a MsgSnap) to `id` has ended. Must be called, or replication to `id` stays paused. */
  reportSnapshot(id: ReplicaId, outcome: 'finished' | 'failed'): void {
    const message = newMessage('MsgSnapStatus', 0);
    message.from = id;
    message.reject = outcome === 'failed';
    step(this.#raft, message);
  }

  /** Asks the leader (this replica or the known one) to hand leadership to `transferee`; given up after an election timeout. */
  transferLeader(transferee: ReplicaId): void {
    const message = newMessage('MsgTransferLeader', 0);
    message.from = transferee;
    step(this.#raft, message);
  }

  /** A follower that knows by other means that its leader is dead may vote again at once. */
  forgetLeader(): StepResult {
    return step(this.#raft, newMessage('MsgForgetLeader', 0));
  }

  /**
   * Asks for a read index. The answer is a ReadState with the same context in a later Ready, or none at all (leader
   * unknown or lost, message lost): the caller retries under a time-out of its own.
   */
  readIndex(context: Uint8Array): void {
    const message = newMessage('MsgReadIndex', 0);
    message.entries = [{ term: 0, index: 0, type: 'normal', data: context }];
    step(this.#raft, message);
  }

  #propose(entries: readonly Entry[]): StepResult {
    const message = newMessage('MsgProp', 0);
    message.from = this.#raft.id;
    message.entries = entries;
    return step(this.#raft, message);
  }
}
