// SPDX-License-Identifier: Apache-2.0

import type { RaftConfig } from '../config.ts';
import { newMessage } from '../message.ts';
import type { MemoryStorage } from '../memory-storage.ts';
import type { Entry, Message, MessageType, ReplicaId, Term } from '../types.ts';
import { emptyStorage, Member, votersOnly } from './network.ts';

/** A message as another replica would send it. */
export function messageFrom(from: ReplicaId, type: MessageType, fields: Partial<Message> = {}): Message {
  return { ...newMessage(type, fields.to ?? 0), from, ...fields };
}

/** Entries from `firstIndex` on, one for each term. */
export function entriesOf(firstIndex: number, ...terms: readonly Term[]): readonly Entry[] {
  return terms.map((term, at) => ({ term, index: firstIndex + at, type: 'normal', data: Uint8Array.of(at) }));
}

/** Storage of voter 1 with a log of these terms, from index 1 on, and the hard state of somebody who wrote it. */
export function storageWithLog(voters: readonly ReplicaId[], ...terms: readonly Term[]): MemoryStorage {
  const storage = emptyStorage(votersOnly(voters));
  storage.append(entriesOf(1, ...terms));
  storage.setHardState({ term: terms.at(-1) ?? 0, vote: 0, commit: 0 });
  return storage;
}

export interface LoneOptions {
  readonly voters?: readonly ReplicaId[] | undefined;
  readonly log?: readonly Term[] | undefined;
  readonly config?: Partial<RaftConfig> | undefined;
}

/** Replica 1 of a group whose other members are played by the test. */
export function loneMember({ voters = [1, 2, 3], log = [], config = {} }: LoneOptions = {}): Member {
  return new Member(1, storageWithLog(voters, ...log), config);
}

/** Makes replica 1 leader by the votes of these replicas; what it sends is thrown away. */
export function winElection(member: Member, ...votes: readonly ReplicaId[]): Member {
  member.node.campaign();
  const request = member.drain().find(({ type }) => type === 'MsgVote' || type === 'MsgPreVote');
  if (request?.type === 'MsgPreVote') {
    for (const from of votes) member.node.step(messageFrom(from, 'MsgPreVoteResp', { term: request.term }));
    member.drain();
  }
  const { term } = member.node.basicStatus().hardState;
  for (const from of votes) member.node.step(messageFrom(from, 'MsgVoteResp', { term }));
  member.drain();
  return member;
}

export function tickTimes(member: Member, times: number): void {
  for (let left = times; left > 0; left--) member.node.tick();
}

/** Messages of one type among those that wait to be sent. */
export function sent(member: Member, type: MessageType): readonly Message[] {
  return member.drain().filter((message) => message.type === type);
}

/** Terms of the log in storage, from the first index on. */
export function termsInLog(member: Member): readonly Term[] {
  const { storage } = member;
  const terms: Term[] = [];
  for (let index = storage.firstIndex(); index <= storage.lastIndex(); index++) {
    const term = storage.term(index);
    if (typeof term === 'number') terms.push(term);
  }
  return terms;
}
