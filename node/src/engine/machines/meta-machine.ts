// SPDX-License-Identifier: Apache-2.0
import { assert } from '@shortlink/common/assert.ts';
import { metaShardId } from '@shortlink/common/ids.ts';
import type { ClusterMap } from '../../core/cluster/cluster-map.ts';
import { applyMetaCommand } from '../../core/cluster/apply-meta.ts';
import { mapVersion } from '../../core/cluster/cluster-map.ts';
import { checkVersion, decodeJson, encodeJson } from '../../core/cluster/map-codec.ts';
import type { MetaCommand, MetaResult } from '../../core/cluster/meta-commands.ts';
import { emptyMetaState } from '../../core/cluster/meta-state.ts';
import type { MetaState } from '../../core/cluster/meta-state.ts';
import type { ConfState } from '../../core/raft/types.ts';
import { shardStateKey } from '../../core/statemachine/keys.ts';
import type { KvEngine, WriteBatch } from '../../ports/kv-engine.ts';
import type { AppliedEntry, BuiltEntry, EntryResults, Machine, MachineStatus, ReadOutcome } from './machine.ts';

interface MetaRow {
  readonly version: typeof mapVersion;
  readonly appliedIndex: number;
  readonly appliedTerm: number;
  readonly confState: ConfState;
  readonly state: MetaState;
}

/** Commands of one entry, with the time that its leader gave it. */
interface MetaEntry {
  readonly version: typeof mapVersion;
  readonly timeMs: number;
  readonly commands: readonly MetaCommand[];
}

/** The meta group: one small row of JSON, held in memory. */
export class MetaMachine implements Machine {
  readonly slot: number;
  #row: MetaRow;
  readonly #onMap: (map: ClusterMap) => void;

  constructor(store: KvEngine, slot: number, onMap: (map: ClusterMap) => void) {
    this.slot = slot;
    this.#onMap = onMap;
    const bytes = store.get('state', metaRowKey(slot));
    assert(bytes !== undefined, 'the meta group has no state row; the replica was never started here');
    const row = decodeJson(bytes);
    checkVersion(row, 'the state of the meta group');
    this.#row = row as MetaRow;
    if (this.#row.state.map !== undefined) onMap(this.#row.state.map);
  }

  get appliedIndex(): number {
    return this.#row.appliedIndex;
  }

  get appliedTerm(): number {
    return this.#row.appliedTerm;
  }

  get confState(): ConfState {
    return this.#row.confState;
  }

  /** As of the last entry that was applied here. */
  get state(): MetaState {
    return this.#row.state;
  }

  status(): MachineStatus {
    const { map, timeMs } = this.#row.state;
    return { revision: map?.epoch ?? 0, timeMs, stateHash: '', generations: [] };
  }

  buildEntry(requests: readonly Uint8Array[], nowMs: number): BuiltEntry {
    const commands = requests.map((request) => decodeJson(request) as readonly MetaCommand[]);
    const entry: MetaEntry = { version: mapVersion, timeMs: nowMs, commands: commands.flat() };
    return { data: encodeJson(entry), counts: commands.map((list) => list.length), mutations: entry.commands.length };
  }

  apply(entries: readonly AppliedEntry[], batch: WriteBatch): readonly EntryResults[] {
    let row = this.#row;
    const before = row.state.map;
    const results = entries.map(({ entry, confState }): EntryResults => {
      assert(entry.index === row.appliedIndex + 1, `meta: entry ${entry.index} applied after ${row.appliedIndex}`);
      row = { ...row, appliedIndex: entry.index, appliedTerm: entry.term, confState: confState ?? row.confState };
      if (entry.type !== 'normal' || entry.data.length === 0) return [];
      const { timeMs, commands } = decodeEntry(entry.data);
      return commands.map((command): MetaResult => {
        const outcome = applyMetaCommand(row.state, command, timeMs);
        row = { ...row, state: outcome.state };
        return outcome.result;
      });
    });
    this.#row = row;
    batch.put('state', metaRowKey(this.slot), encodeJson(row));
    if (row.state.map !== undefined && row.state.map !== before) this.#onMap(row.state.map);
    return results;
  }

  /** Nobody remembers its rows. */
  written(): void {}

  takeDroppedRanges(): readonly [] {
    return [];
  }

  encodeResults(results: EntryResults, from: number, count: number): Uint8Array {
    return encodeJson(results.slice(from, from + count));
  }

  read(): ReadOutcome {
    return { kind: 'answer', payload: encodeJson(this.#row.state.map ?? null) };
  }

  look(): undefined {
    return undefined;
  }

  chores(): undefined {
    return undefined;
  }
}

/** The state that a founder starts from, before the first entry. `state`: of a cluster that is made from another one. */
export function putInitialMetaRow(
  start: { readonly slot: number; readonly confState: ConfState; readonly index: number; readonly term: number },
  batch: WriteBatch,
  state: MetaState = emptyMetaState,
): void {
  const row: MetaRow = {
    version: mapVersion,
    appliedIndex: start.index,
    appliedTerm: start.term,
    confState: start.confState,
    state,
  };
  batch.put('state', metaRowKey(start.slot), encodeJson(row));
}

function decodeEntry(data: Uint8Array): MetaEntry {
  const entry = decodeJson(data);
  checkVersion(entry, 'an entry of the meta group');
  return entry as MetaEntry;
}

function metaRowKey(slot: number): Uint8Array {
  return shardStateKey({ shard: metaShardId, slot });
}
