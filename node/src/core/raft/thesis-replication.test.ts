// SPDX-License-Identifier: Apache-2.0

import { describe, expect, it } from 'vitest';
import {
  entriesOf,
  loneMember,
  messageFrom,
  sent,
  storageWithLog,
  termsInLog,
  winElection,
} from './testing/harness.ts';
import { bytes, Member, Network } from './testing/network.ts';

describe('§3.5 a leader', () => {
  it('appends a command to its log and sends it to all others in parallel', () => {
    const member = winElection(loneMember(), 2);
    for (const from of [2, 3]) member.node.step(messageFrom(from, 'MsgAppResp', { term: 1, index: 1 }));
    member.drain();
    member.node.propose([bytes('x')]);
    expect(member.node.basicStatus().lastIndex).toBe(2);
    expect(sent(member, 'MsgApp')).toMatchObject(
      [2, 3].map((to) => ({ to, index: 1, logTerm: 1, entries: [{ index: 2, term: 1, data: bytes('x') }] })),
    );
  });

  it.each([
    { voters: 1, acks: 0, commits: true },
    { voters: 3, acks: 0, commits: false },
    { voters: 3, acks: 1, commits: true },
    { voters: 5, acks: 1, commits: false },
    { voters: 5, acks: 2, commits: true },
  ])('of $voters servers commits with $acks acknowledgements beside its own: $commits', ({ voters, acks, commits }) => {
    const ids = Array.from({ length: voters }, (_, at) => at + 1);
    const member = winElection(loneMember({ voters: ids }), ...ids.slice(1));
    for (const from of ids.slice(1, 1 + acks)) member.node.step(messageFrom(from, 'MsgAppResp', { term: 1, index: 1 }));
    expect(member.node.basicStatus().hardState.commit).toBe(commits ? 1 : 0);
  });

  it('counts its own entries only when they are durable', () => {
    const member = winElection(loneMember(), 2);
    member.node.propose([bytes('x')]);
    member.node.step(messageFrom(2, 'MsgAppResp', { term: 1, index: 2 }));
    expect(member.node.basicStatus().hardState.commit).toBe(1);
    member.drain();
    expect(member.node.basicStatus().hardState.commit).toBe(2);
  });

  it('commits all preceding entries with an entry, also those of earlier leaders', () => {
    const member = winElection(loneMember({ log: [1, 2, 2] }), 2);
    member.node.step(messageFrom(3, 'MsgAppResp', { term: 3, index: 4 }));
    member.drain();
    expect(member.applied.map(({ index, term }) => [index, term])).toEqual([
      [1, 1],
      [2, 2],
      [3, 2],
      [4, 3],
    ]);
  });

  it('tells the others the commit index with later messages', () => {
    const member = winElection(loneMember(), 2);
    member.node.step(messageFrom(2, 'MsgAppResp', { term: 1, index: 1 }));
    expect(sent(member, 'MsgApp')).toMatchObject([{ to: 2, commit: 1 }]);
    member.node.tick();
    // Not to 3, of which the leader does not know that it has the entry.
    expect(sent(member, 'MsgHeartbeat').map(({ to, commit }) => ({ to, commit }))).toEqual([
      { to: 2, commit: 1 },
      { to: 3, commit: 0 },
    ]);
  });

  it('sends entries again, as long as a follower has not stored them', () => {
    const network = new Network([1, 2, 3]);
    const leader = network.elect(1);
    network.lose = ({ to, type }) => to === 3 && type === 'MsgApp';
    leader.node.propose([bytes('x')]);
    network.settle();
    expect(leader.appliedTexts()).toEqual(['x']);
    for (let beat = 0; beat < 3; beat++) {
      leader.node.tick();
      network.settle();
    }
    expect(network.get(3).appliedTexts()).toEqual([]);
    network.heal();
    leader.node.tick();
    network.settle();
    expect(network.get(3).appliedTexts()).toEqual(['x']);
  });

  it('never replaces or deletes an entry of its own log', () => {
    const member = winElection(loneMember({ log: [1, 1] }), 2);
    member.node.step(messageFrom(2, 'MsgAppResp', { term: 2, index: 3, reject: true, rejectHint: 0, logTerm: 0 }));
    member.node.propose([bytes('x')]);
    member.drain();
    expect(termsInLog(member)).toEqual([1, 1, 2, 2]);
  });
});

describe('§3.5 the consistency check', () => {
  it.each([
    { name: 'the same last entry', index: 2, logTerm: 2, reject: false },
    { name: 'an earlier common entry', index: 1, logTerm: 1, reject: false },
    { name: 'the empty beginning', index: 0, logTerm: 0, reject: false },
    { name: 'another term at the index', index: 2, logTerm: 3, reject: true },
    { name: 'an index beyond the log', index: 5, logTerm: 3, reject: true },
  ])('of an append that follows $name', ({ index, logTerm, reject }) => {
    const member = loneMember({ log: [1, 2] });
    member.node.step(messageFrom(2, 'MsgApp', { term: 3, index, logTerm, entries: entriesOf(index + 1, 3) }));
    expect(sent(member, 'MsgAppResp')).toMatchObject([{ to: 2, reject, index: reject ? index : index + 1 }]);
    expect(member.storage.lastIndex()).toBe(reject ? 2 : index + 1);
  });

  it('deletes a conflicting entry and all that follow it, and keeps what matches', () => {
    const cases = [
      { index: 3, logTerm: 2, terms: [4], after: [1, 2, 2, 4] },
      { index: 1, logTerm: 1, terms: [3, 4], after: [1, 3, 4] },
      { index: 0, logTerm: 0, terms: [1], after: [1, 2, 2, 3, 3] },
      { index: 1, logTerm: 1, terms: [2, 2, 4], after: [1, 2, 2, 4] },
    ];
    for (const { index, logTerm, terms, after } of cases) {
      const member = loneMember({ log: [1, 2, 2, 3, 3] });
      const entries = entriesOf(index + 1, ...terms);
      member.node.step(messageFrom(2, 'MsgApp', { term: 4, index, logTerm, entries }));
      member.drain();
      expect(termsInLog(member)).toEqual(after);
    }
  });

  it('takes a repeated or reordered append as the one before', () => {
    const member = loneMember({ log: [1] });
    const first = messageFrom(2, 'MsgApp', { term: 2, index: 1, logTerm: 1, entries: entriesOf(2, 2) });
    const second = messageFrom(2, 'MsgApp', { term: 2, index: 2, logTerm: 2, entries: entriesOf(3, 2), commit: 3 });
    for (const message of [first, second, first, second, first]) member.node.step(message);
    member.drain();
    expect(termsInLog(member)).toEqual([1, 2, 2]);
    expect(member.applied.map(({ index }) => index)).toEqual([1, 2, 3]);
  });

  it('lets the commit index follow no further than the entries that were checked', () => {
    const member = loneMember({ log: [1, 1, 1] });
    member.node.step(messageFrom(2, 'MsgApp', { term: 2, index: 1, logTerm: 1, entries: entriesOf(2, 1), commit: 9 }));
    expect(member.node.basicStatus().hardState.commit).toBe(2);
  });

  it('is a message of its own right: a leader that is rejected goes back until the logs match', () => {
    const member = winElection(loneMember({ log: [1, 1, 4, 4, 5] }), 2);
    const probes: number[] = [];
    let reply = messageFrom(3, 'MsgAppResp', { term: 6, index: 5, reject: true, rejectHint: 4, logTerm: 3 });
    for (;;) {
      member.node.step(reply);
      const probe = sent(member, 'MsgApp').find(({ to }) => to === 3);
      if (probe === undefined) break;
      probes.push(probe.index);
      if (probe.index <= 1) break;
      reply = messageFrom(3, 'MsgAppResp', { term: 6, index: probe.index, reject: true, rejectHint: 1, logTerm: 1 });
    }
    // One probe for each term in which they differ, not one for each entry.
    expect(probes).toEqual([2, 1]);
  });
});

describe('§3.5 figure 3.6: a new leader brings every follower in line', () => {
  const leaderLog = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6];
  it.each([
    { name: '(a) lacks an entry', log: [1, 1, 1, 4, 4, 5, 5, 6, 6] },
    { name: '(b) lacks many', log: [1, 1, 1, 4] },
    { name: '(c) has one more', log: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6] },
    { name: '(d) has entries of a later term', log: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7] },
    { name: '(e) lacks some and has others', log: [1, 1, 1, 4, 4, 4, 4] },
    { name: '(f) was leader twice and committed nothing', log: [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3] },
  ])('$name', ({ log }) => {
    const config = { random: (): number => 0 };
    const storage = storageWithLog([1, 2, 3], ...leaderLog);
    storage.setHardState({ term: 8, vote: 0, commit: 0 });
    const leader = new Member(1, storage, config);
    const follower = new Member(2, storageWithLog([1, 2, 3], ...log), config);
    winElection(leader, 3);
    leader.node.tick();
    for (let left = 50, messages = [...leader.drain()]; messages.length > 0 && left > 0; left--) {
      for (const message of messages.filter(({ to }) => to === 2)) follower.node.step(message);
      for (const message of follower.drain()) leader.node.step(message);
      messages = [...leader.drain()];
    }
    expect(termsInLog(follower)).toEqual([...leaderLog, 9]);
    expect(follower.node.basicStatus().hardState.commit).toBe(11);
  });
});
