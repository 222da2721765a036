// SPDX-License-Identifier: Apache-2.0

import { decodeConfChangeEntry } from '../conf-change-codec.ts';
import type { RaftConfig } from '../config.ts';
import { MemoryStorage } from '../memory-storage.ts';
import { RawNode } from '../raw-node.ts';
import type { ConfState, Entry, HardState, Message, Snapshot } from '../types.ts';
import { ScriptError } from './script.ts';

/** Storage whose snapshot is always the newest state, not the one of the last compaction. */
class ReplicaStorage extends MemoryStorage {
  readonly #latest: () => Snapshot;

  constructor(latest: () => Snapshot) {
    super();
    this.#latest = latest;
  }

  override snapshot(): Snapshot {
    return this.#latest();
  }
}

export type ReplicaOptions = Omit<RaftConfig, 'storage' | 'random'>;

/** One replica of a script: the core, its storage, and a state machine that appends all data it is given. */
export class Replica {
  readonly id: number;
  readonly options: ReplicaOptions;
  readonly storage: MemoryStorage;
  readonly node: RawNode;
  readonly appendWork: Message[] = [];
  readonly applyWork: Message[] = [];
  #state: Snapshot;

  /** With a snapshot the storage starts there, otherwise empty. */
  constructor(options: ReplicaOptions, initial: Snapshot, bootstrapped: boolean) {
    this.id = options.id;
    this.options = options;
    this.#state = initial;
    this.storage = new ReplicaStorage(() => this.#state);
    if (bootstrapped && this.storage.applySnapshot(initial) !== 'ok') throw new ScriptError('snapshot refused');
    // Scripts that depend on the election timeout set it themselves.
    this.node = new RawNode({ ...options, storage: this.storage, random: () => 0 });
  }

  get isAsync(): boolean {
    return this.options.asyncStorageWrites === true;
  }

  append(hardState: HardState | undefined, entries: readonly Entry[], snapshot: Snapshot | undefined): void {
    if (hardState !== undefined) this.storage.setHardState(hardState);
    if (snapshot === undefined) {
      this.storage.append(entries);
      return;
    }
    if (entries.length > 0) throw new ScriptError("can't apply snapshot and entries at the same time");
    if (this.storage.applySnapshot(snapshot) !== 'ok') {
      throw new ScriptError('requested index is older than the existing snapshot');
    }
  }

  apply(entries: readonly Entry[]): void {
    for (const entry of entries) this.#applyEntry(entry);
  }

  #applyEntry(entry: Entry): void {
    let update = entry.data;
    let confState: ConfState = this.#state.metadata.confState;
    const change = decodeConfChangeEntry(entry);
    if (change === 'malformed') throw new ScriptError(`entry ${entry.index} holds a malformed configuration change`);
    if (change !== undefined) {
      update = change.context;
      confState = this.node.applyConfChange(change);
    }
    const data = Uint8Array.of(...this.#state.data, ...update);
    this.#state = { metadata: { confState, index: entry.index, term: entry.term }, data };
  }
}
