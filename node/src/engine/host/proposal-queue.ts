// SPDX-License-Identifier: Apache-2.0
import type { Entry } from '../../core/raft/types.ts';
import type { EntryResults, Machine } from '../machines/machine.ts';
import { explain } from '../requests.ts';
import type { WriteRequest } from '../requests.ts';

interface Proposed {
  readonly request: WriteRequest;
  readonly from: number;
  readonly count: number;
}

interface PendingEntry {
  readonly term: number;
  readonly proposed: readonly Proposed[];
}

/** Requests that may wait for a turn, and bytes of them; beyond that the answer is `overloaded` at once. */
const maxWaitingRequests = 20_000;
const maxWaitingBytes = 32 * 1024 * 1024;
/** Bytes of one entry: what came in one turn shares entries of about this size. */
const entryTargetBytes = 512 * 1024;

/** Writes on their way through the log of one shard. */
export class ProposalQueue {
  #waiting: WriteRequest[] = [];
  #waitingBytes = 0;
  readonly #pendingByIndex = new Map<number, PendingEntry>();

  add(request: WriteRequest): void {
    if (this.#waiting.length >= maxWaitingRequests || this.#waitingBytes >= maxWaitingBytes) {
      request.answer('overloaded', explain('too many writes wait for this shard; slow down and try again'));
      return;
    }
    this.#waiting.push(request);
    this.#waitingBytes += request.payload.length;
  }

  get waitingCount(): number {
    return this.#waiting.length;
  }

  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  get pendingCount(): number {
    return this.#pendingByIndex.size;
  }

  /** The next requests that fit one entry together; empty when none wait. */
  takeBundle(): readonly WriteRequest[] {
    let bytes = 0;
    let count = 0;
    for (const request of this.#waiting) {
      if (count > 0 && bytes + request.payload.length > entryTargetBytes) break;
      bytes += request.payload.length;
      count++;
    }
    this.#waitingBytes -= bytes;
    return this.#waiting.splice(0, count);
  }

  /** The entry of `proposed` was appended at `index` in `term`. */
  appended(index: number, term: number, proposed: readonly Proposed[]): void {
    // This replica led before, lost the tail of its log and leads again. Another one may still have the old entry and
    // commit it one day: nobody knows.
    const replaced = this.#pendingByIndex.get(index)?.proposed ?? [];
    for (const { request } of replaced)
      request.answer('timeout', explain('the leader changed; the outcome is unknown'));
    this.#pendingByIndex.set(index, { term, proposed });
  }

  /** An entry was applied: whoever proposed it gets the results; another entry in its place means that it never was. */
  settle(entry: Entry, results: EntryResults, machine: Machine): void {
    const pending = this.#pendingByIndex.get(entry.index);
    if (pending === undefined) return;
    this.#pendingByIndex.delete(entry.index);
    for (const { request, from, count } of pending.proposed) {
      if (pending.term === entry.term) request.answer('ok', machine.encodeResults(results, from, count));
      else request.answer('unavailable', explain('the leader changed before the write was committed'));
    }
  }

  /** Fails what waits for a turn or a commit beyond its deadline: the outcome of the latter is unknown. */
  expire(nowMs: number): void {
    for (const [index, { proposed }] of this.#pendingByIndex) {
      if (proposed.some(({ request }) => request.deadlineMs > nowMs)) continue;
      this.#pendingByIndex.delete(index);
      for (const { request } of proposed) request.answer('timeout', explain('no quorum confirmed the write in time'));
    }
    if (this.#waiting.every((request) => request.deadlineMs > nowMs)) return;
    const late = this.#waiting.filter((request) => request.deadlineMs <= nowMs);
    this.#waiting = this.#waiting.filter((request) => request.deadlineMs > nowMs);
    for (const request of late) {
      this.#waitingBytes -= request.payload.length;
      request.answer('unavailable', explain('the shard had no leader in time'));
    }
  }

  /** Requests that were never proposed: somebody else may be leader now. */
  failWaiting(message: string): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    for (const request of waiting) request.answer('unavailable', explain(message));
  }

  failAll(message: string): void {
    this.failWaiting(message);
    for (const { proposed } of this.#pendingByIndex.values()) {
      for (const { request } of proposed) request.answer('timeout', explain(message));
    }
    this.#pendingByIndex.clear();
  }
}
