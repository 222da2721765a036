// SPDX-License-Identifier: Apache-2.0

import type { RaftConfig } from '../config.ts';
import { decodeConfChangeEntry } from '../conf-change-codec.ts';
import { MemoryStorage } from '../memory-storage.ts';
import { RawNode } from '../raw-node.ts';
import { noLimit } from '../types.ts';
import type { ConfState, Entry, Message, ReadState, ReplicaId } from '../types.ts';

/** Everything a Raft configuration needs but its storage; deterministic, no limits. */
export const testConfig: Omit<RaftConfig, 'id' | 'storage'> = {
  electionTicks: 10,
  heartbeatTicks: 1,
  maxSizePerMsgBytes: noLimit,
  maxInflightMsgs: 256,
  random: () => 0,
};

export function votersOnly(voters: readonly ReplicaId[]): ConfState {
  return { voters, learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false };
}

/** Storage of a replica that knows its group and has an empty log. */
export function emptyStorage(confState: ConfState): MemoryStorage {
  const storage = new MemoryStorage();
  storage.applySnapshot({ metadata: { confState, index: 0, term: 0 }, data: new Uint8Array(0) });
  return storage;
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** A replica with synchronous storage writes, and all that its driver has seen. */
export class Member {
  readonly id: ReplicaId;
  readonly storage: MemoryStorage;
  node: RawNode;
  readonly applied: Entry[] = [];
  readonly readStates: ReadState[] = [];
  readonly #config: Omit<RaftConfig, 'id' | 'storage'>;

  constructor(id: ReplicaId, storage: MemoryStorage, config: Partial<RaftConfig> = {}) {
    this.id = id;
    this.storage = storage;
    this.#config = { ...testConfig, ...config };
    this.node = new RawNode({ ...this.#config, id, storage });
  }

  /** The process is replaced: only what is in storage is left. */
  restart(): void {
    const applied = this.applied.at(-1)?.index ?? 0;
    this.node = new RawNode({ ...this.#config, id: this.id, storage: this.storage, applied });
  }

  /** Does the work of all Readys and returns the messages. */
  drain(): readonly Message[] {
    const messages: Message[] = [];
    while (this.node.hasReady()) {
      const ready = this.node.ready();
      if (ready.hardState !== undefined) this.storage.setHardState(ready.hardState);
      if (ready.snapshot !== undefined) this.storage.applySnapshot(ready.snapshot);
      this.storage.append(ready.entries);
      messages.push(...ready.messages);
      this.readStates.push(...ready.readStates);
      for (const entry of ready.committedEntries) this.#apply(entry);
      this.node.advance();
    }
    return messages;
  }

  #apply(entry: Entry): void {
    this.applied.push(entry);
    const change = decodeConfChangeEntry(entry);
    if (change !== undefined && change !== 'malformed') this.node.applyConfChange(change);
  }

  appliedTexts(): readonly string[] {
    const texts = this.applied.map((entry) => new TextDecoder().decode(entry.data));
    return texts.filter((text) => text !== '');
  }
}

/** Members and the network between them, which loses what `lose` says. */
export class Network {
  readonly members: ReadonlyMap<ReplicaId, Member>;
  lose: (message: Message) => boolean = () => false;

  constructor(ids: readonly ReplicaId[], config: Partial<RaftConfig> = {}) {
    const confState = votersOnly(ids);
    this.members = new Map(ids.map((id) => [id, new Member(id, emptyStorage(confState), config)]));
  }

  get(id: ReplicaId): Member {
    const member = this.members.get(id);
    if (member === undefined) throw new Error(`no member ${id}`);
    return member;
  }

  /** All messages from and to these members are lost. */
  isolate(...ids: readonly ReplicaId[]): void {
    this.lose = (message) => ids.includes(message.from) || ids.includes(message.to);
  }

  heal(): void {
    this.lose = () => false;
  }

  /** Delivers until nothing moves any more. */
  settle(): void {
    for (;;) {
      const messages = [...this.members.values()].flatMap((member) => member.drain());
      if (messages.length === 0) return;
      for (const message of messages) {
        if (!this.lose(message)) this.members.get(message.to)?.node.step(message);
      }
    }
  }

  elect(id: ReplicaId): Member {
    const member = this.get(id);
    member.node.campaign();
    this.settle();
    return member;
  }
}
