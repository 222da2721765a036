// SPDX-License-Identifier: Apache-2.0
import { DecodeError } from '@shortlink/common/byte-reader.ts';
import { assert } from '@shortlink/common/assert.ts';
import type { ShardInfo } from '../../core/cluster/cluster-map.ts';
import type { ConfState } from '../../core/raft/types.ts';
import { isHotTierFull } from '../../core/lifecycle/hot-limit.ts';
import { waitingGenerationsMax } from '../../core/lifecycle/transitions.ts';
import { applyEntry } from '../../core/statemachine/apply.ts';
import { ColdOverlay } from '../../core/statemachine/cold-overlay.ts';
import type { ColdFound } from '../../core/statemachine/cold-overlay.ts';
import { coldLook, withoutTakenDraws } from '../../core/statemachine/look.ts';
import { findExpired } from '../../core/statemachine/collect.ts';
import { decodeCommand, encodeCommand } from '../../core/statemachine/command-codec.ts';
import type { Command, CommandResult } from '../../core/statemachine/commands.ts';
import { encodeEntry } from '../../core/statemachine/entry-codec.ts';
import { executeRead } from '../../core/statemachine/execute-read.ts';
import {
  firstGeneration,
  generationRangesThrough,
  keySuffix,
  namespaces,
  shardStateKey,
} from '../../core/statemachine/keys.ts';
import type { ShardScope } from '../../core/statemachine/keys.ts';
import { prepareCommands } from '../../core/statemachine/prepare.ts';
import type { PrepareContext } from '../../core/statemachine/prepare.ts';
import { decodeReadOp, encodeReadResult } from '../../core/statemachine/read-codec.ts';
import { encodeResult } from '../../core/statemachine/result-codec.ts';
import { routingKeyOf } from '../../core/statemachine/routing.ts';
import { newestStateHash } from '../../core/statemachine/state-hash-marks.ts';
import { decodeShardState, encodeShardState, initialShardState } from '../../core/statemachine/shard-state.ts';
import type { ShardState } from '../../core/statemachine/shard-state.ts';
import type { StateReader } from '../../core/statemachine/state-reader.ts';
import { StateTx } from '../../core/statemachine/state-tx.ts';
import type { KeyRange, KvEngine, KvReader, WriteBatch } from '../../ports/kv-engine.ts';
import type { Random } from '../../ports/random.ts';
import type { ReadView } from '../engine-api.ts';
import type { LinkVersions } from '../link-versions.ts';
import type {
  AppliedEntry,
  BuiltEntry,
  EntryResults,
  KnownCold,
  Look,
  Machine,
  MachineStatus,
  ReadOutcome,
  Refuse,
} from './machine.ts';
import { decodeList, encodeList } from './shard-payload.ts';

export interface ShardMachineOptions {
  readonly store: KvEngine;
  readonly scope: ShardScope;
  readonly random: Random;
  /** The range that generated codes are drawn from; undefined while the map is not known. */
  readonly range: () => Pick<ShardInfo, 'start' | 'end'> | undefined;
  readonly idempotencyWindowMs: number;
  readonly stateHashIntervalEntries: number;
  /** Bytes of rows in the hot tier beyond which clients must wait for the object store; undefined: there is none to wait for. */
  readonly maxHotBytes: number | undefined;
  readonly onStateHashMismatch: (index: number) => void;
  readonly linkVersions: LinkVersions;
}

/** Expired links that one proposal collects. */
const collectLimit = 200;
/** A drawn code that a chunk has is drawn again; after so many the entry decides, and its proposer may ask for longer codes. */
const maxColdDraws = 8;

/** Links and keys of one shard. */
export class ShardMachine implements Machine {
  readonly #options: ShardMachineOptions;
  readonly #reader: StateReader;
  readonly #state: ShardState;
  #dropped: KeyRange[] = [];
  /** Codes whose rows the last `apply` wrote, in any generation. */
  #touchedCodes: Uint8Array[] = [];
  #hashCheckedIndex = 0;

  constructor(options: ShardMachineOptions) {
    this.#options = options;
    this.#reader = stateReader(options.store);
    const bytes = options.store.get('state', shardStateKey(options.scope));
    assert(bytes !== undefined, `shard ${options.scope.shard} has no state row; the replica was never started here`);
    this.#state = decodeShardState(bytes);
    // Whether the sweep behind the last retirement ran before a crash is not known; a second one is harmless.
    const oldest = this.#state.generations.at(-1)?.id ?? firstGeneration;
    if (oldest > firstGeneration) this.#dropped.push(...generationRangesThrough(options.scope, oldest - 1));
  }

  get appliedIndex(): number {
    return this.#state.appliedIndex;
  }

  get appliedTerm(): number {
    return this.#state.appliedTerm;
  }

  get confState(): ConfState {
    return this.#state.confState;
  }

  get slot(): number {
    return this.#options.scope.slot;
  }

  status(): MachineStatus {
    const { revision, timeMs, stateHash, generations } = this.#state;
    return { revision, timeMs, stateHash, generations: generations.map(({ id, rows }) => ({ id, rows })) };
  }

  buildEntry(requests: readonly Uint8Array[], nowMs: number, refuse: Refuse): BuiltEntry | undefined {
    const context = this.#prepareContext();
    if (context === undefined) {
      requests.forEach((_, i) => refuse(i, 'unavailable', 'the range of the shard is not known here yet'));
      return undefined;
    }
    const asked = requests.map((request, i) => {
      const commands = decodeRequest(request);
      if (typeof commands !== 'string') return commands;
      refuse(i, 'refused', commands);
      return [];
    });
    const { commands, counts } = prepareRequests(this.#withinHotLimit(asked, refuse), context, refuse);
    if (commands.length === 0) return undefined;
    const content = { timeMs: nowMs, idempotencyWindowMs: this.#options.idempotencyWindowMs, commands };
    const mutations = commands.reduce((sum, command) => sum + (command.type === 'createLinks' ? command.count : 1), 0);
    return { data: encodeEntry(content), counts, mutations };
  }

  /** While the object store is away and the hot tier is full, only the steps that will make room again are proposed. */
  #withinHotLimit(requests: readonly (readonly Command[])[], refuse: Refuse): readonly (readonly Command[])[] {
    const { maxHotBytes, scope } = this.#options;
    if (maxHotBytes === undefined || !isHotTierFull(this.#state.generations, maxHotBytes)) return requests;
    return requests.map((commands, i) => {
      if (commands.every((command) => routingKeyOf(command) === undefined)) return commands;
      const message = `shard ${scope.shard} takes no more writes: ${waitingGenerationsMax} generations and more than chunks.maxHotBytes (${maxHotBytes}) wait for the object store; see that it can be reached and takes writes`;
      refuse(i, 'overloaded', message);
      return [];
    });
  }

  apply(entries: readonly AppliedEntry[], batch: WriteBatch): readonly EntryResults[] {
    const tx = new StateTx(this.#reader, this.#options.scope);
    const results = entries.map(({ entry, confState }): EntryResults => {
      const normal = entry.type === 'normal' ? entry : { ...entry, data: new Uint8Array(0) };
      const outcome = applyEntry(this.#state, normal, tx);
      if (confState !== undefined) this.#state.confState = confState;
      for (const result of outcome)
        if (result.kind === 'stateHash' && result.verdict === 'different')
          this.#options.onStateHashMismatch(entry.index);
      return outcome;
    });
    for (const { key, value } of tx.writes) {
      if (value === undefined) batch.delete('state', key);
      else batch.put('state', key, value);
      if (key[0] === namespaces.link) this.#touchedCodes.push(keySuffix(key));
    }
    batch.put('state', shardStateKey(this.#options.scope), encodeShardState(this.#state));
    this.#dropped.push(...tx.droppedRanges);
    return results;
  }

  written(): void {
    const { linkVersions, scope } = this.#options;
    for (const code of this.#touchedCodes) linkVersions.raise(scope.shard, code);
    this.#touchedCodes = [];
  }

  takeDroppedRanges(): readonly KeyRange[] {
    const dropped = this.#dropped;
    if (dropped.length > 0) this.#dropped = [];
    return dropped;
  }

  encodeResults(results: EntryResults, from: number, count: number): Uint8Array {
    return encodeList(results.slice(from, from + count) as readonly CommandResult[], encodeResult);
  }

  read(payload: Uint8Array, nowMs: number, known?: KnownCold): ReadOutcome {
    const timeMs = Math.max(this.#state.timeMs, nowMs);
    const { generations, revision, chunkSetVersion: version } = this.#state;
    const { scope } = this.#options;
    // What was fetched for another chunk set must not be mixed with this one.
    const cold = known?.version === version ? known : { version, overlay: new ColdOverlay() };
    const state = { generations, revision, timeMs };
    const context = { reader: this.#reader, state, cold: version === 0 ? undefined : cold.overlay, ...scope };
    const results = decodeList(payload, decodeReadOp).map((op) => executeRead(op, context));
    const needs = cold.overlay.missing;
    if (needs.length > 0) return { kind: 'cold', known: cold, query: { ...scope, version, needs } };
    return { kind: 'answer', payload: encodeList(results, encodeReadResult) };
  }

  look(payload: Uint8Array): Look | undefined {
    if (this.#state.chunkSetVersion === 0) return undefined;
    const commands = decodeRequest(payload);
    return typeof commands === 'string' ? undefined : this.#lookAt(commands, maxColdDraws);
  }

  /** Undefined also where `buildEntry` will refuse the commands, and where every key is in the hot tier. */
  #lookAt(commands: readonly Command[], draws: number): Look | undefined {
    const context = this.#prepareContext();
    const prepared = context === undefined ? undefined : prepareCommands(commands, context);
    if (prepared?.kind !== 'prepared') return undefined;
    const { scope } = this.#options;
    const { chunkSetVersion: version, generations } = this.#state;
    const { needs, sighted } = coldLook(prepared.commands, { reader: this.#reader, scope, generations }, draws > 0);
    if (needs.length === 0) return undefined;
    const complete = (found: readonly ColdFound[]): Uint8Array | Look => {
      const seen = sighted(found, version);
      const again = draws === 0 ? undefined : withoutTakenDraws(seen);
      const next = again === undefined ? undefined : this.#lookAt(again, draws - 1);
      return next ?? encodeList(seen, encodeCommand);
    };
    return { query: { ...scope, version, needs }, complete };
  }

  #prepareContext(): PrepareContext | undefined {
    const shardRange = this.#options.range();
    const { random, scope } = this.#options;
    return shardRange === undefined
      ? undefined
      : { reader: this.#reader, state: this.#state, scope, shardRange, random };
  }

  /** What a serving thread needs to read the rows by itself. */
  view(nowMs: number): ReadView {
    const { revision, generations, timeMs, chunkSetVersion } = this.#state;
    const ids = generations.map(({ id }) => ({ id }));
    return { slot: this.slot, revision, generations: ids, chunkSetVersion, timeMs: Math.max(timeMs, nowMs) };
  }

  chores(nowMs: number): Uint8Array | undefined {
    const commands: Command[] = findExpired({
      reader: this.#reader,
      state: this.#state,
      ...this.#options.scope,
      nowMs,
      limit: collectLimit,
    });
    const mark = newestStateHash(this.#reader, this.#options.scope, this.#state.appliedIndex);
    if (mark !== undefined && mark.index - this.#hashCheckedIndex >= this.#options.stateHashIntervalEntries) {
      this.#hashCheckedIndex = mark.index;
      commands.push({ type: 'stateHashCheck', ...mark });
    }
    return commands.length === 0 ? undefined : encodeList(commands, encodeCommand);
  }
}

/** Why a request cannot be read, in its place: whoever sent it is wrong, which must not end this node. */
function decodeRequest(payload: Uint8Array): readonly Command[] | string {
  try {
    return decodeList(payload, decodeCommand);
  } catch (error) {
    if (error instanceof DecodeError) return `the request cannot be read: ${error.message}`;
    throw error;
  }
}

/** The state that a founder starts from, before the first entry. `known`: of a shard that is made from another cluster's. */
export function putInitialShardState(
  start: { readonly scope: ShardScope; readonly confState: ConfState; readonly index: number; readonly term: number },
  batch: WriteBatch,
  known: Partial<ShardState> = {},
): void {
  const { confState, index: appliedIndex, term: appliedTerm } = start;
  const state = { ...initialShardState(confState), ...known, confState, appliedIndex, appliedTerm };
  batch.put('state', shardStateKey(start.scope), encodeShardState(state));
}

export function stateReader(store: KvReader): StateReader {
  return {
    get: (key) => store.get('state', key),
    getMany: (keys) => store.getMany('state', keys),
    scan: (range, options) => store.scan('state', range, options),
  };
}

/** All requests at once, which reads the rows of all draws in one go; one by one only when something is wrong with one of them. */
function prepareRequests(
  requests: readonly (readonly Command[])[],
  context: PrepareContext,
  refuse: Refuse,
): { readonly commands: readonly Command[]; readonly counts: readonly number[] } {
  const all = prepareCommands(requests.flat(), context);
  if (all.kind === 'prepared') return { commands: all.commands, counts: requests.map((request) => request.length) };
  const commands: Command[] = [];
  const counts = requests.map((request, i) => {
    const prepared = prepareCommands(request, context);
    if (prepared.kind === 'prepared') {
      commands.push(...prepared.commands);
      return prepared.commands.length;
    }
    if (prepared.kind === 'invalid') refuse(i, 'refused', `command ${prepared.command}: ${prepared.problem}`);
    else if (prepared.kind === 'wrongShard')
      refuse(i, 'unavailable', 'another shard owns the key; the map has changed');
    else refuse(i, 'refused', 'all codes of this length are taken here; ask for longer ones');
    return 0;
  });
  return { commands, counts };
}
