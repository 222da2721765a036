// SPDX-License-Identifier: Apache-2.0

import { describeEntries, describeMessage, describeReady } from '../describe.ts';
import { isLocalTarget } from '../message.ts';
import { hardStateInAppend } from '../storage-messages.ts';
import { noLimit } from '../types.ts';
import type { Message, MessageType, StepResult } from '../types.ts';
import { Output } from './output.ts';
import type { Replica } from './replica.ts';
import { ScriptError } from './script.ts';

/** To whom messages go, or are lost on the way. */
export interface Recipient {
  readonly id: number;
  readonly drop: boolean;
}

/** The texts of the errors that the core returns. */
export const stepErrors: Readonly<Record<Exclude<StepResult, 'ok'>, string>> = {
  proposalDropped: 'raft proposal dropped',
  localMessage: 'raft: cannot step raft local message',
  peerNotFound: 'raft: cannot step as peer not found',
};

/** Local messages cannot be lost. */
function isLocal(message: Message): boolean {
  return message.from === message.to || isLocalTarget(message.from) || isLocalTarget(message.to);
}

/** The replicas of a script and the messages between them. Nothing happens but what a command asks for. */
export class Environment {
  readonly output = new Output();
  readonly replicas: Replica[] = [];
  messages: Message[] = [];

  replica(id: number): Replica {
    const replica = this.replicas[id - 1];
    if (replica === undefined) throw new ScriptError(`there is no replica ${id}`);
    return replica;
  }

  processReady(id: number): void {
    const replica = this.replica(id);
    const ready = replica.node.ready();
    this.output.write(describeReady(ready));
    if (!replica.isAsync) {
      replica.append(ready.hardState, ready.entries, ready.snapshot);
      replica.apply(ready.committedEntries);
    }
    for (const message of ready.messages) {
      if (message.type === 'MsgStorageAppend') replica.appendWork.push(message);
      else if (message.type === 'MsgStorageApply') replica.applyWork.push(message);
      else this.messages.push(message);
    }
    if (!replica.isAsync) replica.node.advance();
  }

  processAppendThread(id: number): void {
    const replica = this.replica(id);
    const work = replica.appendWork.shift();
    if (work === undefined) {
      this.output.write('no append work to perform');
      return;
    }
    this.#describeWork(work);
    replica.append(hardStateInAppend(work), work.entries, work.snapshot);
    this.#respond(work);
  }

  processApplyThread(id: number): void {
    const replica = this.replica(id);
    const work = replica.applyWork.shift();
    if (work === undefined) {
      this.output.write('no apply work to perform');
      return;
    }
    this.#describeWork(work);
    replica.apply(work.entries);
    this.#respond(work);
  }

  /** Delivers or drops the messages of one type (or all) to the recipients; how many there were. */
  deliver(recipients: readonly Recipient[], type?: MessageType): number {
    let count = 0;
    for (const recipient of recipients) {
      const chosen = this.messages.filter((message) => this.#isFor(message, recipient, type));
      this.messages = this.messages.filter((message) => !this.#isFor(message, recipient, type));
      count += chosen.length;
      for (const message of chosen) this.#deliverOne(message, recipient.drop);
    }
    return count;
  }

  /** Handles Readys, messages and storage work of these replicas until there are none. */
  stabilize(ids: readonly number[]): void {
    while (this.#stabilizeOnce(ids));
  }

  raftLog(id: number): void {
    const { storage } = this.replica(id);
    const firstIndex = storage.firstIndex();
    const lastIndex = storage.lastIndex();
    if (lastIndex < firstIndex) {
      this.output.write(`log is empty: first index=${firstIndex}, last index=${lastIndex}`);
      return;
    }
    const entries = storage.entries(firstIndex, lastIndex + 1, noLimit);
    if (typeof entries === 'string') throw new ScriptError(`log of replica ${id}: ${entries}`);
    this.output.write(describeEntries(entries));
  }

  #isFor(message: Message, recipient: Recipient, type: MessageType | undefined): boolean {
    if (message.to !== recipient.id || (recipient.drop && isLocal(message))) return false;
    return type === undefined || message.type === type;
  }

  #deliverOne(message: Message, drop: boolean): void {
    this.output.write(`${drop ? 'dropped: ' : ''}${describeMessage(message)}\n`);
    // Messages to replicas that do not exist yet may be dropped.
    if (drop) return;
    const result = this.replica(message.to).node.step(message);
    if (result !== 'ok') this.output.write(`${stepErrors[result]}\n`);
  }

  #describeWork(work: Message): void {
    this.output.write(`Processing:\n${describeMessage({ ...work, responses: [] })}\n`);
  }

  #respond(work: Message): void {
    const responses = work.responses ?? [];
    this.output.write(`Responses:\n${responses.map((message) => `${describeMessage(message)}\n`).join('')}`);
    this.messages.push(...responses);
  }

  #stabilizeOnce(ids: readonly number[]): boolean {
    let worked = false;
    const doWork = (id: number, title: string, work: () => void): void => {
      this.output.write(`> ${id} ${title}\n`);
      work();
      worked = true;
    };
    for (const id of ids) {
      if (this.replica(id).node.hasReady()) {
        doWork(id, 'handling Ready', () => this.output.indented(() => this.processReady(id)));
      }
    }
    for (const id of ids) {
      if (this.messages.some((message) => message.to === id)) {
        doWork(id, 'receiving messages', () => this.output.indented(() => this.deliver([{ id, drop: false }])));
      }
    }
    for (const id of ids) {
      const { appendWork } = this.replica(id);
      if (appendWork.length === 0) continue;
      doWork(id, 'processing append thread', () => {
        while (appendWork.length > 0) this.output.indented(() => this.processAppendThread(id));
      });
    }
    for (const id of ids) {
      const { applyWork } = this.replica(id);
      if (applyWork.length === 0) continue;
      doWork(id, 'processing apply thread', () => {
        while (applyWork.length > 0) this.output.indented(() => this.processApplyThread(id));
      });
    }
    return worked;
  }
}
