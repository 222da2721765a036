// SPDX-License-Identifier: Apache-2.0

import { decodeConfChangeEntry } from '../conf-change-codec.ts';
import type { RaftConfig } from '../config.ts';
import { newMessage } from '../message.ts';
import { RawNode } from '../raw-node.ts';
import { localAppendThread, localApplyThread } from '../types.ts';
import type { ConfState, Entry, LogIndex, Message, Ready, ReplicaId } from '../types.ts';
import { LogMirror } from './chains.ts';
import { decodeMachine, SimDisk } from './sim-disk.ts';
import type { MachineState, TamperWrite } from './sim-disk.ts';
import type { SafetyChecker } from './safety-checker.ts';

/** What a test breaks on purpose, to prove that the checker would notice. */
export interface Faults {
  /** Writes are answered before they are durable: a crash takes back so many of the last ones. */
  readonly writesLostByCrash?: number | undefined;
  readonly tamperWrite?: TamperWrite | undefined;
  readonly tamperSend?: ((message: Message) => Message) | undefined;
  /** A restart finds an empty disk, under the old id. */
  readonly wipeOnRestart?: boolean | undefined;
}

export interface SimNodeOptions {
  readonly id: ReplicaId;
  readonly confState: ConfState;
  readonly config: Omit<RaftConfig, 'id' | 'storage'>;
  readonly checker: SafetyChecker;
  readonly faults: Faults;
  readonly send: (message: Message) => void;
}

/** A replica with its disk, its two storage threads and its state machine. Down while `raw` is undefined. */
export class SimNode {
  readonly id: ReplicaId;
  disk: SimDisk;
  raw: RawNode | undefined;
  /** MsgStorageAppends that the append thread has yet to do, and the same for the apply thread. */
  appends: Message[] = [];
  applies: Message[] = [];
  /** The log in memory, as far as the core has shown it. */
  mirror: LogMirror;
  /** The core has accepted a snapshot up to here: configuration changes below it are history. */
  #restoredTo: LogIndex = 0;
  readonly #options: SimNodeOptions;

  constructor(options: SimNodeOptions) {
    this.id = options.id;
    this.#options = options;
    this.disk = new SimDisk(options.confState);
    this.mirror = this.disk.mirror.copy();
    this.start();
  }

  get machine(): MachineState {
    return this.disk.machine;
  }

  get leads(): boolean {
    return this.raw?.basicStatus().role === 'leader';
  }

  start(): void {
    if (this.raw !== undefined) return;
    const { config, faults } = this.#options;
    if (faults.wipeOnRestart === true && this.disk.hardState !== undefined && this.disk.hardState.commit > 1) {
      this.disk = new SimDisk(this.#options.confState);
    }
    this.disk.machine = this.disk.checkpoint;
    this.mirror = this.disk.mirror.copy();
    this.#restoredTo = 0;
    this.#guard(() => {
      this.raw = new RawNode({ ...config, id: this.id, storage: this.disk, applied: this.machine.applied });
    });
    this.pump();
  }

  /** The first `survivors` writes under way still reach the disk; nobody hears of it. */
  crash(survivors: number): void {
    if (this.raw === undefined) return;
    const { checker, faults } = this.#options;
    for (const message of this.appends.slice(0, survivors)) this.#write(message);
    if (faults.writesLostByCrash !== undefined) {
      this.disk = this.disk.withoutLast(faults.writesLostByCrash, checker.chains);
    }
    this.raw = undefined;
    this.appends = [];
    this.applies = [];
    checker.restarted(this.id);
  }

  /** Gives the replica one input and collects all that follows from it. */
  input(run: (raw: RawNode) => void): void {
    const { raw } = this;
    if (raw === undefined) return;
    this.#guard(() => run(raw));
    this.pump();
  }

  pump(): void {
    const { raw } = this;
    if (raw === undefined) return;
    this.#guard(() => {
      while (raw.hasReady()) {
        const ready = raw.ready();
        if (this.#options.config.asyncStorageWrites === true) this.#take(raw, ready);
        else this.#takeSync(raw, ready);
      }
      this.#options.checker.observe({ id: this.id, status: raw.basicStatus(), log: this.mirror });
    });
  }

  /** The append thread does its oldest work. */
  completeAppend(): void {
    const message = this.appends.shift();
    if (message === undefined) return;
    this.#write(message);
    this.#answer(message);
  }

  /** The apply thread does its oldest work, unless a snapshot has overtaken it. */
  completeApply(): void {
    const message = this.applies.shift();
    if (message === undefined) return;
    for (const entry of message.entries) this.#apply(entry);
    this.disk.save();
    this.#answer(message);
  }

  #take(raw: RawNode, ready: Ready): void {
    this.#show(raw, ready);
    for (const message of ready.messages) {
      if (message.to === localApplyThread) this.applies.push(message);
      else if (message.to !== localAppendThread) this.#send(message);
      else this.appends.push(message);
    }
  }

  /** All work of a Ready at once, as a driver without storage threads does it. */
  #takeSync(raw: RawNode, ready: Ready): void {
    this.#show(raw, ready);
    const write = newMessage('MsgStorageAppend', localAppendThread);
    this.#write({ ...write, ...ready.hardState, entries: ready.entries, snapshot: ready.snapshot });
    for (const message of ready.messages) this.#send(message);
    for (const entry of ready.committedEntries) this.#apply(entry);
    this.disk.save();
    raw.advance();
  }

  /** Tells the checker what a Ready shows of log and reads. */
  #show(raw: RawNode, ready: Ready): void {
    const { checker } = this.#options;
    for (const read of ready.readStates) checker.readServed(this.id, read);
    if (ready.snapshot !== undefined) {
      const { index, term } = ready.snapshot.metadata;
      this.#restoredTo = index;
      this.mirror = new LogMirror(index, term, decodeMachine(ready.snapshot.data).chain);
    }
    checker.append(this.id, raw.basicStatus(), this.mirror, ready.entries);
    checker.observe({ id: this.id, status: raw.basicStatus(), log: this.mirror });
  }

  #send(message: Message): void {
    this.#options.send(this.#options.faults.tamperSend?.(message) ?? message);
  }

  #write(message: Message): void {
    const { checker, faults } = this.#options;
    this.disk.write(faults.tamperWrite?.(message) ?? message, checker.chains);
  }

  #apply(entry: Entry): void {
    const { checker } = this.#options;
    if (entry.index <= this.machine.applied) return;
    const chain = checker.chains.extend(this.machine.chain, entry);
    checker.applied(this.id, entry.index, chain);
    const change = decodeConfChangeEntry(entry);
    let { confState } = this.machine;
    if (change !== undefined && change !== 'malformed' && entry.index > this.#restoredTo) {
      this.#guard(() => {
        confState = this.raw?.applyConfChange(change) ?? confState;
      });
    }
    this.disk.machine = { applied: entry.index, term: entry.term, chain, confState };
  }

  #answer(message: Message): void {
    for (const response of message.responses ?? []) {
      if (response.to === this.id) this.input((raw) => raw.step(response));
      else this.#send(response);
    }
  }

  /** A broken invariant ends the replica, as it would end the process; in a correct system there is none. */
  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#options.checker.report(`replica ${this.id} died: ${String(error)}`);
      this.raw = undefined;
      this.appends = [];
      this.applies = [];
    }
  }
}
