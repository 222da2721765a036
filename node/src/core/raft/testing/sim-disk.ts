// SPDX-License-Identifier: Apache-2.0

import { MemoryStorage } from '../memory-storage.ts';
import type { Compacted, InitialState, SnapshotTemporarilyUnavailable, Storage, Unavailable } from '../storage.ts';
import { hardStateInAppend } from '../storage-messages.ts';
import type { ConfState, Entry, HardState, LogIndex, Message, Snapshot, Term } from '../types.ts';
import { LogMirror, emptyChain } from './chains.ts';
import type { Chain, Chains } from './chains.ts';

/** The replicated state: here nothing but the prefix that was applied, and the configuration as of then. */
export interface MachineState {
  readonly applied: LogIndex;
  readonly term: Term;
  readonly chain: Chain;
  readonly confState: ConfState;
}

export function encodeMachine(state: MachineState): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(state));
}

export function decodeMachine(data: Uint8Array): MachineState {
  return JSON.parse(new TextDecoder().decode(data)) as MachineState;
}

/** Changes a write on its way to the disk: how a test makes a disk that lies. */
export type TamperWrite = (write: Message) => Message;

/** What a crash leaves: log, hard state, and the state machine as of some applied index. */
export class SimDisk implements Storage {
  readonly log = new MemoryStorage();
  mirror: LogMirror;
  checkpoint: MachineState;
  /** The applied state in memory: what a snapshot for a follower is made of. A restart starts from the checkpoint. */
  machine: MachineState;
  hardState: HardState | undefined = undefined;
  readonly #initial: ConfState;
  readonly #writes: Message[] = [];

  /** Founders start behind a virtual first entry, all others with nothing (as in the engine). */
  constructor(confState: ConfState) {
    const founder = confState.voters.length > 0;
    const start = founder ? { applied: 1, term: 1 } : { applied: 0, term: 0 };
    this.#initial = confState;
    this.checkpoint = { ...start, chain: emptyChain, confState };
    this.machine = this.checkpoint;
    this.mirror = new LogMirror(start.applied, start.term, emptyChain);
    if (!founder) return;
    const metadata = { confState, index: start.applied, term: start.term };
    this.log.applySnapshot({ metadata, data: encodeMachine(this.checkpoint) });
    this.hardState = { term: start.term, vote: 0, commit: start.applied };
  }

  initialState(): InitialState {
    return { hardState: this.hardState, confState: this.checkpoint.confState };
  }

  entries(lo: LogIndex, hi: LogIndex, maxBytes: number): readonly Entry[] | Compacted | Unavailable {
    return this.log.entries(lo, hi, maxBytes);
  }

  term(index: LogIndex): Term | Compacted | Unavailable {
    return this.log.term(index);
  }

  firstIndex(): LogIndex {
    return this.log.firstIndex();
  }

  lastIndex(): LogIndex {
    return this.log.lastIndex();
  }

  snapshot(): Snapshot | SnapshotTemporarilyUnavailable {
    const { applied: index, term, confState } = this.machine;
    if (index === 0) return 'snapshotTemporarilyUnavailable';
    return { metadata: { confState, index, term }, data: encodeMachine(this.machine) };
  }

  /** One MsgStorageAppend, all or nothing. */
  write(message: Message, chains: Chains): void {
    this.#writes.push(message);
    const { snapshot } = message;
    if (snapshot !== undefined) {
      this.log.applySnapshot(snapshot);
      this.checkpoint = decodeMachine(snapshot.data);
      const { index, term } = snapshot.metadata;
      this.mirror = new LogMirror(index, term, this.checkpoint.chain);
      if (index > this.machine.applied) this.machine = this.checkpoint;
    }
    this.log.append(message.entries);
    for (const entry of message.entries) this.mirror.put(entry, chains);
    this.hardState = hardStateInAppend(message) ?? this.hardState;
  }

  /** The same disk without its last writes, as if they had never left a cache; the state machine starts over. */
  withoutLast(count: number, chains: Chains): SimDisk {
    const disk = new SimDisk(this.#initial);
    for (const message of this.#writes.slice(0, Math.max(0, this.#writes.length - count))) disk.write(message, chains);
    return disk;
  }

  /** Makes the applied state durable; not beyond the durable commit index, which a restart starts from. */
  save(): void {
    const { applied } = this.machine;
    if (applied > this.checkpoint.applied && applied <= (this.hardState?.commit ?? 0)) this.checkpoint = this.machine;
  }

  /** Forgets what the checkpoint covers, but for the last `keep` entries. */
  compact(keep: number): void {
    const index = this.checkpoint.applied - keep;
    if (index >= this.log.firstIndex()) this.log.compact(index);
  }
}
