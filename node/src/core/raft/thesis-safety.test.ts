// SPDX-License-Identifier: Apache-2.0

import { describe, expect, it } from 'vitest';
import { entriesOf, loneMember, messageFrom, sent, winElection } from './testing/harness.ts';
import { bytes, Network } from './testing/network.ts';
import { localAppendThread } from './types.ts';

describe('§3.6.1 a voter', () => {
  it.each([
    { voter: [1], candidate: [1], grants: true },
    { voter: [1], candidate: [1, 1], grants: true },
    { voter: [1, 1], candidate: [1], grants: false },
    { voter: [1], candidate: [2], grants: true },
    { voter: [1, 1], candidate: [2], grants: true },
    { voter: [2], candidate: [1], grants: false },
    { voter: [2], candidate: [1, 1], grants: false },
    { voter: [], candidate: [], grants: true },
  ])('with the log $voter grants its vote to a candidate with $candidate: $grants', ({ voter, candidate, grants }) => {
    const member = loneMember({ log: voter });
    const log = { index: candidate.length, logTerm: candidate.at(-1) ?? 0 };
    member.node.step(messageFrom(2, 'MsgVote', { term: 3, ...log }));
    expect(sent(member, 'MsgVoteResp')).toMatchObject([{ reject: !grants, term: 3 }]);
    // The term is known from the request, whatever becomes of the vote.
    expect(member.node.basicStatus().hardState).toMatchObject({ term: 3, vote: grants ? 2 : 0 });
  });

  it('that refuses its vote does not reset its election timer', () => {
    const member = loneMember({ log: [2] });
    for (let tick = 0; tick < 9; tick++) member.node.tick();
    member.node.step(messageFrom(2, 'MsgVote', { term: 2, index: 1, logTerm: 1 }));
    member.node.tick();
    expect(member.node.basicStatus().role).toBe('candidate');
  });
});

describe('§3.6.2 entries of earlier terms', () => {
  it('are not committed by counting replicas', () => {
    for (const { index, commit } of [
      { index: 1, commit: 0 },
      { index: 2, commit: 0 },
      { index: 3, commit: 3 },
    ]) {
      const member = winElection(loneMember({ log: [1, 2] }), 2);
      for (const from of [2, 3]) member.node.step(messageFrom(from, 'MsgAppResp', { term: 3, index }));
      expect(member.node.basicStatus().hardState.commit).toBe(commit);
    }
  });

  it('are committed with the first entry of the new term, which a leader therefore appends at once', () => {
    const member = winElection(loneMember({ log: [1, 2] }), 2);
    expect(member.node.basicStatus().lastIndex).toBe(3);
    member.node.step(messageFrom(2, 'MsgAppResp', { term: 3, index: 3 }));
    member.drain();
    expect(member.applied.map(({ term, data }) => [term, data.length])).toEqual([
      [1, 1],
      [2, 1],
      [3, 0],
    ]);
  });
});

it('§3.6.3 a candidate that lacks a committed entry cannot win', () => {
  const network = new Network([1, 2, 3]);
  network.elect(1);
  network.isolate(3);
  network.get(1).node.propose([bytes('committed')]);
  network.settle();
  network.heal();
  for (let attempt = 0; attempt < 3; attempt++) expect(network.elect(3).node.basicStatus().role).not.toBe('leader');
  expect(network.elect(2).node.basicStatus().role).toBe('leader');
  expect(network.get(3).appliedTexts()).toEqual(['committed']);
});

it('§3.6.3 all servers apply the same entries in the same order, over changes of leaders', () => {
  const network = new Network([1, 2, 3, 4, 5]);
  for (let round = 0; round < 12; round++) {
    network.isolate(1 + ((round + 3) % 5));
    const leader = network.elect(1 + (round % 5));
    leader.node.propose([bytes(`r${round}`)]);
    network.settle();
  }
  network.heal();
  network.elect(1).node.tick();
  network.settle();
  const texts = network.get(1).appliedTexts();
  expect(texts.length).toBeGreaterThan(5);
  for (const member of network.members.values()) expect(member.appliedTexts()).toEqual(texts);
});

describe('§3.7 a follower that was away', () => {
  it('gets what it missed when it is back', () => {
    const network = new Network([1, 2, 3]);
    const leader = network.elect(1);
    network.isolate(3);
    for (const text of ['a', 'b', 'c']) leader.node.propose([bytes(text)]);
    network.settle();
    network.heal();
    network.get(3).restart();
    leader.node.tick();
    network.settle();
    expect(network.get(3).appliedTexts()).toEqual(['a', 'b', 'c']);
  });

  it('acknowledges what it has already', () => {
    const member = loneMember();
    const append = messageFrom(2, 'MsgApp', { term: 1, entries: entriesOf(1, 1, 1), commit: 2 });
    member.node.step(append);
    member.drain();
    member.restart();
    member.node.step(append);
    expect(sent(member, 'MsgAppResp')).toMatchObject([{ index: 2, reject: false }]);
    expect(member.applied).toHaveLength(2);
  });
});

describe('§3.8 what is durable', () => {
  it('precedes every acknowledgement of entries', () => {
    const member = loneMember({ config: { asyncStorageWrites: true } });
    member.node.step(messageFrom(2, 'MsgApp', { term: 1, entries: entriesOf(1, 1) }));
    const { messages, mustSync } = member.node.ready();
    expect(mustSync).toBe(true);
    expect(messages.map(({ type }) => type)).toEqual(['MsgStorageAppend']);
    expect(messages[0]?.responses?.map(({ type }) => type)).toEqual(['MsgAppResp', 'MsgStorageAppendResp']);
  });

  it('is not waited for by a leader that sends its entries on, but by its own acknowledgement (§10.2.1)', () => {
    const member = loneMember({ config: { asyncStorageWrites: true } });
    const { node, storage } = member;
    node.campaign();
    const [vote] = node.ready().messages.filter(({ to }) => to === localAppendThread);
    for (const response of vote?.responses ?? []) if (response.to === 1) node.step(response);
    node.ready();
    node.step(messageFrom(2, 'MsgVoteResp', { term: 1 }));
    const { messages } = node.ready();
    expect(messages.map(({ type, to }) => [type, to])).toEqual([
      ['MsgApp', 2],
      ['MsgApp', 3],
      ['MsgStorageAppend', localAppendThread],
    ]);
    node.step(messageFrom(2, 'MsgAppResp', { term: 1, index: 1 }));
    expect(node.basicStatus().hardState.commit).toBe(0);
    storage.append(messages[2]?.entries ?? []);
    for (const response of messages[2]?.responses ?? []) node.step(response);
    expect(node.basicStatus().hardState.commit).toBe(1);
  });

  it('need not be written at once for the commit index alone', () => {
    const member = loneMember({ log: [1] });
    member.node.step(messageFrom(2, 'MsgApp', { term: 2, index: 1, logTerm: 1 }));
    member.drain();
    member.node.step(messageFrom(2, 'MsgHeartbeat', { term: 2, commit: 1 }));
    const ready = member.node.ready();
    expect(ready).toMatchObject({ hardState: { term: 2, commit: 1 }, mustSync: false });
  });
});
