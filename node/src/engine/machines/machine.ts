// SPDX-License-Identifier: Apache-2.0
import type { ColdFound, ColdOverlay } from '../../core/statemachine/cold-overlay.ts';
import type { ColdQuery } from '../../ports/cold-tier.ts';
import type { ConfState, Entry } from '../../core/raft/types.ts';
import type { KeyRange, WriteBatch } from '../../ports/kv-engine.ts';

/** What apply says of one entry: one result a command, opaque to the host. */
export type EntryResults = readonly unknown[];

export interface BuiltEntry {
  readonly data: Uint8Array;
  /** How many commands each request has in the entry, in the order of the requests. */
  readonly counts: readonly number[];
  /** What the commands change, each link or operation by itself. */
  readonly mutations: number;
}

/** `refused`: as it is, it can never be done; `unavailable`: elsewhere or later; `overloaded`: later. */
export type Refuse = (request: number, status: 'refused' | 'unavailable' | 'overloaded', message: string) => void;

export interface MachineStatus {
  readonly revision: number;
  readonly timeMs: number;
  readonly stateHash: string;
  /** In the hot tier, newest first; the first one is active. */
  readonly generations: readonly { readonly id: number; readonly rows: number }[];
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
  /** The batch of the last `apply` is in the store, and nobody who could know of it was answered: caches hear of it now. */
  written(): void;
  /** Ranges to sweep after the batch is written. */
  takeDroppedRanges(): readonly KeyRange[];
  encodeResults(results: EntryResults, from: number, count: number): Uint8Array;
  /**
   * Answers a read at the applied state. `nowMs`: the node's own clock, or 0 while it is not trusted. `known`: what an
   * earlier call wanted to know of the chunks.
   */
  read(payload: Uint8Array, nowMs: number, known?: KnownCold): ReadOutcome;
  /** What a leader must see of the chunks before it proposes these requests; undefined: nothing. */
  look(payload: Uint8Array): Look | undefined;
  /** Commands that the leader should propose by itself now (collection of expired links). */
  chores(nowMs: number): Uint8Array | undefined;
}

/** Rows of chunks that were fetched for a read, at one version of the chunk set. */
export interface KnownCold {
  readonly version: number;
  readonly overlay: ColdOverlay;
}

export type ReadOutcome =
  | { readonly kind: 'answer'; readonly payload: Uint8Array }
  /** Read again, with `known` filled by the answer to `query`. */
  | { readonly kind: 'cold'; readonly known: KnownCold; readonly query: ColdQuery };

/** A look into the chunks on the way to a proposal. */
export interface Look {
  readonly query: ColdQuery;
  /** The request with what was found; another look where that showed a drawn code to be taken. */
  readonly complete: (found: readonly ColdFound[]) => Uint8Array | Look;
}

export interface AppliedEntry {
  readonly entry: Entry;
  readonly confState: ConfState | undefined;
}
