// SPDX-License-Identifier: Apache-2.0

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { confChangeV1 } from '../conf-change.ts';
import { RawNode } from '../raw-node.ts';
import { entriesOf, loneMember, messageFrom, sent, termsInLog, tickTimes, winElection } from '../testing/harness.ts';
import { bytes, emptyStorage, Member, testConfig, votersOnly } from '../testing/network.ts';
import { localAppendThread, localApplyThread } from '../types.ts';
import type { Message } from '../types.ts';

describe('bug 7 (CCF#4485, CCF#5927, CCF#6000, CCF#6016): what acknowledgements prove', () => {
  it('does not commit entries of earlier terms by itself', () => {
    const member = winElection(loneMember({ log: [1, 2] }), 2);
    for (const from of [2, 3]) member.node.step(messageFrom(from, 'MsgAppResp', { term: 3, index: 2 }));
    expect(member.node.basicStatus().hardState.commit).toBe(0);
  });

  it('is nothing for a rejection: it never raises what the leader knows to match', () => {
    const member = winElection(loneMember({ log: [1, 1] }), 2);
    const rejection = { term: 2, index: 2, reject: true, rejectHint: 3, logTerm: 2 };
    for (const from of [2, 3]) member.node.step(messageFrom(from, 'MsgAppResp', rejection));
    expect(member.node.status().progress.map(({ match }) => match)).toEqual([3, 0, 0]);
    expect(member.node.basicStatus().hardState.commit).toBe(0);
  });

  it('ends with the entries of the append that is acknowledged, whatever else the follower holds', () => {
    const member = loneMember({ log: [1, 1, 1, 1] });
    member.node.step(messageFrom(2, 'MsgApp', { term: 2, index: 1, logTerm: 1, entries: entriesOf(2, 1) }));
    expect(sent(member, 'MsgAppResp')).toMatchObject([{ index: 2, reject: false }]);
    member.node.step(messageFrom(2, 'MsgApp', { term: 2, index: 1, logTerm: 1 }));
    expect(sent(member, 'MsgAppResp')).toMatchObject([{ index: 1, reject: false }]);
  });
});

describe('bug 8 (raft#149, openraft 6d53aa12, openraft 9540c904): the progress of a follower', () => {
  const lastIndex = 6;
  const responses = fc.array(
    fc.record({
      kind: fc.constantFrom('accept', 'reject', 'heartbeat', 'unreachable', 'tick', 'propose'),
      from: fc.constantFrom(2, 3),
      index: fc.nat(lastIndex),
      hint: fc.nat(lastIndex),
      hintTerm: fc.nat(3),
    }),
    { maxLength: 60 },
  );

  it('always has next above match, whatever comes in and in whatever order', () => {
    fc.assert(
      fc.property(responses, fc.constantFrom(1, 256), (inputs, maxInflightMsgs) => {
        const member = winElection(loneMember({ log: [1, 1, 2, 2, 3], config: { maxInflightMsgs } }), 2);
        for (const { kind, from, index, hint, hintTerm } of inputs) {
          const answer = { term: 4, index, rejectHint: hint, logTerm: hintTerm };
          if (kind === 'accept') member.node.step(messageFrom(from, 'MsgAppResp', { term: 4, index }));
          if (kind === 'reject') member.node.step(messageFrom(from, 'MsgAppResp', { ...answer, reject: true }));
          if (kind === 'heartbeat') member.node.step(messageFrom(from, 'MsgHeartbeatResp', { term: 4 }));
          if (kind === 'unreachable') member.node.reportUnreachable(from);
          if (kind === 'tick') member.node.tick();
          if (kind === 'propose') member.node.propose([bytes('x')]);
          member.drain();
          for (const { match, next } of member.node.status().progress) expect(next).toBeGreaterThan(match);
        }
      }),
    );
  });

  it('does not go below what is known to match for a rejection that comes late', () => {
    const member = winElection(loneMember({ log: [1, 1, 2, 2, 3] }), 2);
    member.node.step(messageFrom(3, 'MsgAppResp', { term: 4, index: 5 }));
    member.drain();
    member.node.reportUnreachable(3);
    const late = { term: 4, index: 5, reject: true, rejectHint: 1, logTerm: 1 };
    member.node.step(messageFrom(3, 'MsgAppResp', late));
    expect(member.node.status().progress[2]).toMatchObject({ state: 'probe', match: 5, next: 6 });
  });

  it('goes down with every rejected probe, so that probing ends', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(6), fc.nat(4)), { maxLength: 20 }), (hints) => {
        const member = winElection(loneMember({ log: [1, 1, 2, 2, 3] }), 2);
        member.node.step(messageFrom(3, 'MsgHeartbeatResp', { term: 4 }));
        let [probe] = sent(member, 'MsgApp');
        for (const [rejectHint, logTerm] of hints) {
          if (probe === undefined || probe.index === 0) return;
          const { index } = probe;
          member.node.step(messageFrom(3, 'MsgAppResp', { term: 4, index, reject: true, rejectHint, logTerm }));
          [probe] = sent(member, 'MsgApp').filter(({ to }) => to === 3);
          expect(probe?.index).toBeLessThan(index);
        }
      }),
    );
  });

  it('is not hurt by an append that repeats a part of what matches: the rest of the log stays', () => {
    const member = loneMember({ log: [1, 1, 1] });
    const all = entriesOf(2, 1, 1, 2, 2);
    member.node.step(messageFrom(2, 'MsgApp', { term: 2, index: 1, logTerm: 1, entries: all, commit: 5 }));
    member.drain();
    const part = all.slice(0, 1);
    member.node.step(messageFrom(2, 'MsgApp', { term: 2, index: 1, logTerm: 1, entries: part, commit: 5 }));
    member.node.step(messageFrom(2, 'MsgApp', { term: 2, index: 4, logTerm: 2, commit: 5 }));
    member.drain();
    expect(termsInLog(member)).toEqual([1, 1, 1, 2, 2]);
    const uncommitted = loneMember({ log: [1, 1, 1, 1] });
    uncommitted.node.step(messageFrom(2, 'MsgApp', { term: 2, index: 0, entries: entriesOf(1, 1, 1) }));
    uncommitted.drain();
    expect(termsInLog(uncommitted)).toEqual([1, 1, 1, 1]);
  });
});

it('bug 9 (etcd#4246): the removal of a voter commits what the smaller majority has', () => {
  const member = winElection(loneMember({ voters: [1, 2, 3, 4] }), 2, 3);
  for (const from of [2, 3, 4]) member.node.step(messageFrom(from, 'MsgAppResp', { term: 1, index: 1 }));
  member.drain();
  member.node.proposeConfChange(confChangeV1('removeNode', 4));
  member.node.propose([bytes('x')]);
  member.drain();
  member.node.step(messageFrom(2, 'MsgAppResp', { term: 1, index: 3 }));
  member.node.step(messageFrom(3, 'MsgAppResp', { term: 1, index: 2 }));
  expect(member.node.basicStatus().hardState.commit).toBe(2);
  const told = member.drain().filter(({ type }) => type === 'MsgApp');
  expect(member.node.basicStatus().hardState.commit).toBe(3);
  expect(told.some(({ to, commit }) => to === 2 && commit === 3)).toBe(true);
  expect(member.appliedTexts().at(-1)).toBe('x');
});

it('bug 10 (openraft d60f1e85, a10d9906, #1802): a leader commits exactly what a majority of the voters has', () => {
  const groups = fc.record({
    voters: fc.integer({ min: 1, max: 7 }),
    learners: fc.nat(3),
    acks: fc.array(fc.tuple(fc.integer({ min: 2, max: 10 }), fc.nat(8)), { maxLength: 30 }),
  });
  fc.assert(
    fc.property(groups, ({ voters, learners, acks }) => {
      const ids = Array.from({ length: voters + learners }, (_, at) => at + 1);
      const confState = { ...votersOnly(ids.slice(0, voters)), learners: ids.slice(voters) };
      const member = winElection(new Member(1, emptyStorage(confState)), ...ids.slice(1, voters));
      member.node.propose(Array.from({ length: 7 }, () => bytes('x')));
      member.drain();
      const matches = new Map(ids.map((id) => [id, id === 1 ? 8 : 0]));
      for (const [from, index] of acks) {
        if (!matches.has(from)) continue;
        member.node.step(messageFrom(from, 'MsgAppResp', { term: 1, index }));
        matches.set(from, Math.max(index, matches.get(from) ?? 0));
      }
      const has = (index: number): number =>
        ids.slice(0, voters).filter((id) => (matches.get(id) ?? 0) >= index).length;
      const expected = [8, 7, 6, 5, 4, 3, 2, 1].find((index) => has(index) * 2 > voters) ?? 0;
      expect(member.node.basicStatus().hardState.commit).toBe(expected);
    }),
  );
});

describe('bug 11 (etcd#1690, cockroach#124440): a late answer of the disk', () => {
  it('does not pass for the write of entries that have replaced its own', () => {
    const storage = emptyStorage(votersOnly([1, 2, 3]));
    const node = new RawNode({ ...testConfig, id: 1, storage, asyncStorageWrites: true });
    const appends: Message[] = [];
    const applied: number[] = [];
    const pump = (): void => {
      while (node.hasReady()) {
        for (const message of node.ready().messages) {
          if (message.to === localAppendThread) appends.push(message);
          if (message.to === localApplyThread) applied.push(...message.entries.map(({ term }) => term));
        }
      }
    };
    const complete = (): void => {
      const message = appends.shift();
      storage.append(message?.entries ?? []);
      for (const response of message?.responses ?? []) if (response.to === 1) node.step(response);
      pump();
    };
    node.step(messageFrom(2, 'MsgApp', { term: 1, entries: entriesOf(1, 1, 1, 1) }));
    pump();
    // Before the disk answers, another leader replaces entries 2 and 3 and commits all three.
    node.step(messageFrom(3, 'MsgApp', { term: 2, index: 1, logTerm: 1, entries: entriesOf(2, 2, 2), commit: 3 }));
    pump();
    complete();
    expect(applied).toEqual([]);
    while (appends.length > 0) complete();
    expect(applied).toEqual([1, 2, 2]);
  });

  it('does not pass for the write of the same entries when they came back in a later term (ABA)', () => {
    const storage = emptyStorage(votersOnly([1, 2, 3]));
    const node = new RawNode({ ...testConfig, id: 1, storage, asyncStorageWrites: true });
    const appends: Message[] = [];
    const pump = (): void => {
      while (node.hasReady()) appends.push(...node.ready().messages.filter(({ to }) => to === localAppendThread));
    };
    const steps = [
      messageFrom(2, 'MsgApp', { term: 1, entries: entriesOf(1, 1, 1) }),
      messageFrom(3, 'MsgApp', { term: 2, entries: entriesOf(1, 2) }),
      messageFrom(2, 'MsgApp', { term: 3, entries: entriesOf(1, 1, 1), commit: 2 }),
    ];
    for (const message of steps) {
      node.step(message);
      pump();
    }
    const [a, b, c] = appends;
    // The disk has A, then B instead; only with C it holds entry 2 again, and only then may it be applied.
    storage.append(a?.entries ?? []);
    for (const response of a?.responses ?? []) if (response.to === 1) node.step(response);
    storage.append(b?.entries ?? []);
    for (const response of b?.responses ?? []) if (response.to === 1) node.step(response);
    expect(node.hasReady() ? node.ready().committedEntries : []).toEqual([]);
    storage.append(c?.entries ?? []);
    for (const response of c?.responses ?? []) if (response.to === 1) node.step(response);
    expect(node.ready().committedEntries.map(({ term, index }) => [index, term])).toEqual([
      [1, 1],
      [2, 1],
    ]);
  });
});

it('bug 12 (cockroach#90314, dragonboat#103): what is in flight to a silent follower is bounded in bytes', () => {
  const maxInflightBytes = 4_000;
  const payload = new Uint8Array(1_000);
  const config = { maxInflightBytes, maxSizePerMsgBytes: 1_500 };
  const member = winElection(loneMember({ config }), 2);
  for (const from of [2, 3]) member.node.step(messageFrom(from, 'MsgAppResp', { term: 1, index: 1 }));
  member.drain();
  let bytesTo3 = 0;
  for (let count = 0; count < 100; count++) {
    member.node.propose([payload]);
    for (const message of member.drain()) {
      if (message.to === 3) bytesTo3 += message.entries.reduce((sum, { data }) => sum + data.length, 0);
    }
    member.node.step(messageFrom(2, 'MsgAppResp', { term: 1, index: 2 + count }));
  }
  tickTimes(member, 1);
  // One message may bring the window over its limit.
  expect(bytesTo3).toBeLessThanOrEqual(maxInflightBytes + 1_500);
  expect(bytesTo3).toBeGreaterThanOrEqual(maxInflightBytes);
  expect(member.node.status().progress.map(({ inflightFull }) => inflightFull)).toEqual([false, false, true]);
  member.node.step(messageFrom(3, 'MsgAppResp', { term: 1, index: 2 }));
  expect(sent(member, 'MsgApp').filter(({ to, entries }) => to === 3 && entries.length > 0)).toHaveLength(1);
});
