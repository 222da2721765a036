// SPDX-License-Identifier: Apache-2.0

import { describe, expect, it } from 'vitest';
import { entriesOf, loneMember, messageFrom, sent, tickTimes, winElection } from './testing/harness.ts';
import { testConfig } from './testing/network.ts';
import type { MessageType } from './types.ts';

const { electionTicks } = testConfig;
const majorities = [
  { voters: [1], grants: [], wins: true },
  { voters: [1, 2, 3], grants: [], wins: false },
  { voters: [1, 2, 3], grants: [2], wins: true },
  { voters: [1, 2, 3, 4], grants: [2], wins: false },
  { voters: [1, 2, 3, 4], grants: [2, 3], wins: true },
  { voters: [1, 2, 3, 4, 5], grants: [2], wins: false },
  { voters: [1, 2, 3, 4, 5], grants: [2, 5], wins: true },
] as const;

it('§3.3 a server that meets a later term becomes follower in that term, whatever it was', () => {
  for (const type of ['MsgApp', 'MsgHeartbeat', 'MsgVote'] as const satisfies readonly MessageType[]) {
    for (const start of ['follower', 'candidate', 'leader'] as const) {
      const member = loneMember();
      if (start !== 'follower') member.node.campaign();
      if (start === 'leader') winElection(member, 2);
      member.node.step(messageFrom(2, type, { term: 7 }));
      const lead = type === 'MsgVote' ? 0 : 2;
      expect(member.node.basicStatus()).toMatchObject({ role: 'follower', lead, hardState: { term: 7 } });
    }
  }
});

it('§3.3 a message of an earlier term changes nothing', () => {
  const member = loneMember({ log: [3] });
  member.node.step(messageFrom(2, 'MsgApp', { term: 2, index: 1, logTerm: 3, entries: entriesOf(2, 2), commit: 2 }));
  expect(member.node.basicStatus()).toMatchObject({ lead: 0, lastIndex: 1, hardState: { term: 3, commit: 0 } });
  expect(member.drain()).toEqual([]);
});

it('§3.4 a server starts as follower', () => {
  expect(loneMember().node.basicStatus()).toMatchObject({ role: 'follower', lead: 0 });
});

it('§3.4 a follower that hears nothing for an election timeout raises its term, votes for itself and asks all others', () => {
  const member = loneMember({ log: [1, 1] });
  tickTimes(member, electionTicks);
  expect(member.node.basicStatus()).toMatchObject({ role: 'candidate', hardState: { term: 2, vote: 1 } });
  const requests = sent(member, 'MsgVote');
  expect(requests).toMatchObject([2, 3].map((to) => ({ to, term: 2, logTerm: 1, index: 2 })));
});

it('§3.4 a follower that keeps hearing from a leader or candidate does not campaign', () => {
  const member = loneMember();
  const messages = [
    messageFrom(2, 'MsgHeartbeat', { term: 1 }),
    messageFrom(2, 'MsgApp', { term: 1 }),
    messageFrom(3, 'MsgVote', { term: 2 }),
  ];
  for (const message of messages) {
    tickTimes(member, electionTicks - 1);
    member.node.step(message);
    expect(member.node.basicStatus().role).toBe('follower');
  }
  tickTimes(member, electionTicks);
  expect(member.node.basicStatus().role).toBe('candidate');
});

describe('§3.4 a candidate', () => {
  it.each(majorities)('with the votes of $grants of $voters becomes leader: $wins', ({ voters, grants, wins }) => {
    const member = winElection(loneMember({ voters }), ...grants);
    expect(member.node.basicStatus().role).toBe(wins ? 'leader' : 'candidate');
  });

  it('does not count the votes of one server twice, nor votes of another term', () => {
    const member = loneMember({ voters: [1, 2, 3, 4, 5] });
    member.node.campaign();
    member.drain();
    for (let count = 0; count < 3; count++) member.node.step(messageFrom(2, 'MsgVoteResp', { term: 1 }));
    member.node.campaign();
    member.drain();
    member.node.step(messageFrom(3, 'MsgVoteResp', { term: 1 }));
    member.node.step(messageFrom(4, 'MsgVoteResp', { term: 2 }));
    expect(member.node.basicStatus()).toMatchObject({ role: 'candidate', hardState: { term: 2 } });
  });

  it('that a majority refuses becomes follower and keeps its term', () => {
    const member = loneMember();
    member.node.campaign();
    member.drain();
    for (const from of [2, 3]) member.node.step(messageFrom(from, 'MsgVoteResp', { term: 1, reject: true }));
    expect(member.node.basicStatus()).toMatchObject({ role: 'follower', hardState: { term: 1, vote: 1 } });
  });

  it.each(['MsgApp', 'MsgHeartbeat', 'MsgSnap'] as const)(
    'that hears of a current leader by %s becomes follower',
    (type) => {
      const member = loneMember();
      member.node.campaign();
      member.drain();
      member.node.step(messageFrom(2, type, { term: 1 }));
      expect(member.node.basicStatus()).toMatchObject({ role: 'follower', lead: 2, hardState: { term: 1 } });
    },
  );

  it('that hears of the leader of an earlier term stays candidate', () => {
    const member = loneMember({ log: [1] });
    member.node.campaign();
    member.drain();
    member.node.step(messageFrom(2, 'MsgApp', { term: 1, index: 1, logTerm: 1 }));
    expect(member.node.basicStatus()).toMatchObject({ role: 'candidate', hardState: { term: 2 } });
  });

  it('without a decision starts a new election in the next term, after another timeout', () => {
    const member = loneMember();
    tickTimes(member, electionTicks);
    member.drain();
    tickTimes(member, electionTicks - 1);
    expect(member.node.basicStatus().hardState.term).toBe(1);
    tickTimes(member, 1);
    expect(member.node.basicStatus()).toMatchObject({ role: 'candidate', hardState: { term: 2, vote: 1 } });
  });
});

it('§3.4 a server gives at most one vote in a term, first come, first served', () => {
  const member = loneMember();
  const ask = (from: number): boolean | undefined => {
    member.node.step(messageFrom(from, 'MsgVote', { term: 1 }));
    return sent(member, 'MsgVoteResp')[0]?.reject;
  };
  expect([ask(2), ask(3), ask(2)]).toEqual([false, true, false]);
  expect(member.storage.initialState().hardState).toMatchObject({ term: 1, vote: 2 });
});

it('§3.4 a server that knows the leader of a term does not vote in it any more', () => {
  const member = loneMember();
  member.node.step(messageFrom(2, 'MsgHeartbeat', { term: 1 }));
  member.drain();
  member.node.step(messageFrom(3, 'MsgVote', { term: 1 }));
  expect(sent(member, 'MsgVoteResp')).toMatchObject([{ to: 3, reject: true }]);
});

it('§3.4 a new leader tells all others at once, which ends their elections', () => {
  const member = loneMember();
  member.node.campaign();
  member.drain();
  member.node.step(messageFrom(2, 'MsgVoteResp', { term: 1 }));
  expect(sent(member, 'MsgApp').map(({ to, term }) => ({ to, term }))).toEqual([
    { to: 2, term: 1 },
    { to: 3, term: 1 },
  ]);
});

it('§3.8 a vote leaves only after it is durable', () => {
  const member = loneMember({ config: { asyncStorageWrites: true } });
  member.node.step(messageFrom(2, 'MsgVote', { term: 4 }));
  const { messages, mustSync } = member.node.ready();
  expect(mustSync).toBe(true);
  expect(messages.map(({ type }) => type)).toEqual(['MsgStorageAppend']);
  expect(messages[0]).toMatchObject({ term: 4, vote: 2 });
  expect(messages[0]?.responses).toMatchObject([{ type: 'MsgVoteResp', to: 2, reject: false }]);
});

it('§3.8 a candidate asks for votes only after its own term and vote are durable', () => {
  const member = loneMember({ log: [1], config: { asyncStorageWrites: true } });
  member.node.campaign();
  const { messages } = member.node.ready();
  expect(messages.map(({ type }) => type)).toEqual(['MsgStorageAppend']);
  expect(messages[0]).toMatchObject({ term: 2, vote: 1 });
  const requests = messages[0]?.responses?.filter(({ type }) => type === 'MsgVote');
  expect(requests).toMatchObject([2, 3].map((to) => ({ to, term: 2, index: 1, logTerm: 1 })));
});

it('§3.8 a candidate counts its own vote only after it is durable', () => {
  const member = loneMember({ voters: [1], config: { asyncStorageWrites: true } });
  member.node.campaign();
  const { messages } = member.node.ready();
  expect(member.node.basicStatus().role).toBe('candidate');
  for (const response of messages[0]?.responses ?? []) member.node.step(response);
  expect(member.node.basicStatus().role).toBe('leader');
});

it('§3.8 a restart changes neither term nor vote', () => {
  const member = loneMember();
  member.node.step(messageFrom(2, 'MsgVote', { term: 3 }));
  member.drain();
  member.restart();
  member.node.step(messageFrom(3, 'MsgVote', { term: 3 }));
  expect(sent(member, 'MsgVoteResp')).toMatchObject([{ to: 3, term: 3, reject: true }]);
});
