// SPDX-License-Identifier: Apache-2.0

import { jointCommittedIndex } from './quorum/joint.ts';
import type { JointConfig } from './quorum/joint.ts';
import type { AckedIndexes } from './quorum/majority.ts';
import type { LogIndex, Message, ReplicaId } from './types.ts';

export interface ReadRequest {
  readonly message: Message;
  /** The commit index when the leader received the request. */
  readonly index: LogIndex;
}

/** Reads waiting in one leader. More are dropped: they would only grow old, and callers retry anyway. */
export const maxPendingReads = 16_384;

const contextBytes = 8;

/**
 * Reads of one leadership that wait for a quorum to confirm it. They are numbered from 1; a heartbeat carries the
 * number of the latest one, and its response confirms all reads up to that number.
 */
export class ReadOnlyQueue implements AckedIndexes {
  readonly #acks = new Map<ReplicaId, number>();
  #unconfirmed: ReadRequest[] = [];
  #confirmed = 0;

  get pending(): number {
    return this.#unconfirmed.length;
  }

  add(message: Message, index: LogIndex): void {
    this.#unconfirmed.push({ message, index });
  }

  /** What a heartbeat must carry to confirm all waiting reads; undefined without any. */
  heartbeatContext(): Uint8Array | undefined {
    if (this.#unconfirmed.length === 0) return undefined;
    const latest = this.#confirmed + this.#unconfirmed.length;
    const context = new Uint8Array(contextBytes);
    const view = new DataView(context.buffer);
    view.setUint32(0, latest % 2 ** 32, true);
    view.setUint32(4, Math.floor(latest / 2 ** 32), true);
    return context;
  }

  acknowledge(from: ReplicaId, context: Uint8Array | undefined): void {
    if (context?.length !== contextBytes) return;
    const view = new DataView(context.buffer, context.byteOffset, contextBytes);
    const latest = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
    this.#acks.set(from, Math.max(this.#acks.get(from) ?? 0, latest));
  }

  ackedIndex(voter: ReplicaId): LogIndex | undefined {
    return this.#acks.get(voter);
  }

  /** Takes out the reads that a quorum has confirmed. */
  takeConfirmed(voters: JointConfig): readonly ReadRequest[] {
    const latest = this.#confirmed + this.#unconfirmed.length;
    const confirmed = Math.min(latest, jointCommittedIndex(voters, this));
    if (confirmed <= this.#confirmed) return [];
    const taken = this.#unconfirmed.slice(0, confirmed - this.#confirmed);
    this.#unconfirmed = this.#unconfirmed.slice(taken.length);
    this.#confirmed = confirmed;
    return taken;
  }

  /** A new leadership starts without reads. */
  reset(): void {
    this.#acks.clear();
    this.#unconfirmed = [];
    this.#confirmed = 0;
  }
}
