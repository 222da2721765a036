// SPDX-License-Identifier: Apache-2.0
import type { ConfState, Entry } from '../../core/raft/types.ts';
import type { KeyRange, WriteBatch } from '../../ports/kv-engine.ts';

/** What apply says of one entry: one result a command, opaque to the host. */
export type EntryResults = readonly unknown[];

export interface BuiltEntry {
  readonly data: Uint8Array;
  /** How many commands each request has in the entry, in the order of the requests. */
  readonly counts: readonly number[];
}

/** `refused`: as it is, it can never be done; `unavailable`: elsewhere or later. */
export type Refuse = (request: number, status: 'refused' | 'unavailable', message: string) => void;

export interface MachineStatus {
  readonly revision: number;
  readonly timeMs: number;
  readonly stateHash: string;
}

/**
 * A replicated state machine as the host drives it. Apply depends on nothing but the entries and the rows; its effects,
 * the applied index and the configuration go into one batch, from local values.
 */
export interface Machine {
  readonly appliedIndex: number;
  readonly appliedTerm: number;
  readonly confState: ConfState;
  readonly slot: number;
  status(): MachineStatus;
  /** Leader only: one entry for several requests. `refuse` is told of the requests that cannot enter the log. */
  buildEntry(requests: readonly Uint8Array[], nowMs: number, refuse: Refuse): BuiltEntry | undefined;
  /** Entries that follow `appliedIndex`; a configuration change takes the configuration that Raft has computed for it. */
  apply(entries: readonly AppliedEntry[], batch: WriteBatch): readonly EntryResults[];
  /** Ranges to sweep after the batch is written. */
  takeDroppedRanges(): readonly KeyRange[];
  encodeResults(results: EntryResults, from: number, count: number): Uint8Array;
  /** Answers a read at the applied state. `nowMs`: the node's own clock, or 0 while it is not trusted. */
  read(payload: Uint8Array, nowMs: number): Uint8Array;
  /** Commands that the leader should propose by itself now (collection of expired links). */
  chores(nowMs: number): Uint8Array | undefined;
}

export interface AppliedEntry {
  readonly entry: Entry;
  readonly confState: ConfState | undefined;
}
