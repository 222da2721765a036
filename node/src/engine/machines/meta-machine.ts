// SPDX-License-Identifier: Apache-2.0
import { assert } from '@shortlink/common/assert.ts';
import { metaShardId } from '@shortlink/common/ids.ts';
import type { ClusterMap } from '../../core/cluster/cluster-map.ts';
import { decodeJson, encodeJson } from '../../core/cluster/map-codec.ts';
import { applyMetaCommand, emptyMetaState } from '../../core/cluster/meta-state.ts';
import type { MetaCommand, MetaResult, MetaState } from '../../core/cluster/meta-state.ts';
import type { ConfState } from '../../core/raft/types.ts';
import { shardStateKey } from '../../core/statemachine/keys.ts';
import type { KvEngine, WriteBatch } from '../../ports/kv-engine.ts';
import type { AppliedEntry, BuiltEntry, EntryResults, Machine, MachineStatus } from './machine.ts';

interface MetaRow {
  readonly appliedIndex: number;
  readonly appliedTerm: number;
  readonly confState: ConfState;
  readonly state: MetaState;
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
    this.#row = decodeJson(bytes) as MetaRow;
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

  get map(): ClusterMap | undefined {
    return this.#row.state.map;
  }

  status(): MachineStatus {
    return { revision: this.#row.state.map?.epoch ?? 0, timeMs: 0, stateHash: '' };
  }

  buildEntry(requests: readonly Uint8Array[]): BuiltEntry {
    const commands = requests.map((request) => decodeJson(request) as readonly MetaCommand[]);
    return { data: encodeJson(commands.flat()), counts: commands.map((list) => list.length) };
  }

  apply(entries: readonly AppliedEntry[], batch: WriteBatch): readonly EntryResults[] {
    let row = this.#row;
    const before = row.state.map;
    const results = entries.map(({ entry, confState }): EntryResults => {
      assert(entry.index === row.appliedIndex + 1, `meta: entry ${entry.index} applied after ${row.appliedIndex}`);
      row = { ...row, appliedIndex: entry.index, appliedTerm: entry.term, confState: confState ?? row.confState };
      if (entry.type !== 'normal' || entry.data.length === 0) return [];
      return (decodeJson(entry.data) as readonly MetaCommand[]).map((command): MetaResult => {
        const outcome = applyMetaCommand(row.state, command);
        row = { ...row, state: outcome.state };
        return outcome.result;
      });
    });
    this.#row = row;
    batch.put('state', metaRowKey(this.slot), encodeJson(row));
    if (row.state.map !== undefined && row.state.map !== before) this.#onMap(row.state.map);
    return results;
  }

  takeDroppedRanges(): readonly [] {
    return [];
  }

  encodeResults(results: EntryResults, from: number, count: number): Uint8Array {
    return encodeJson(results.slice(from, from + count));
  }

  read(): Uint8Array {
    return encodeJson(this.#row.state.map ?? null);
  }

  chores(): undefined {
    return undefined;
  }
}

/** The state that a founder starts from, before the first entry. */
export function putInitialMetaRow(
  start: { readonly slot: number; readonly confState: ConfState; readonly index: number; readonly term: number },
  batch: WriteBatch,
): void {
  const row: MetaRow = {
    appliedIndex: start.index,
    appliedTerm: start.term,
    confState: start.confState,
    state: emptyMetaState,
  };
  batch.put('state', metaRowKey(start.slot), encodeJson(row));
}

function metaRowKey(slot: number): Uint8Array {
  return shardStateKey({ shard: metaShardId, slot });
}
