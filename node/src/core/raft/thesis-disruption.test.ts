// SPDX-License-Identifier: Apache-2.0

import { describe, expect, it } from 'vitest';
import { loneMember, messageFrom, sent, tickTimes, winElection } from './testing/harness.ts';
import { bytes, Network, testConfig } from './testing/network.ts';

const { electionTicks } = testConfig;

describe('§4.2.3 disruptive servers', () => {
  it('get no answer within an election timeout of a heartbeat, and do not raise the term', () => {
    for (const type of ['MsgVote', 'MsgPreVote'] as const) {
      const member = loneMember({ config: { checkQuorum: true } });
      member.node.step(messageFrom(2, 'MsgHeartbeat', { term: 1 }));
      member.drain();
      tickTimes(member, electionTicks - 1);
      member.node.step(messageFrom(3, type, { term: 5 }));
      expect(member.drain()).toEqual([]);
      expect(member.node.basicStatus()).toMatchObject({ lead: 2, hardState: { term: 1 } });
    }
  });

  it('are heard again after an election timeout without the leader', () => {
    const member = loneMember({ config: { checkQuorum: true, random: () => electionTicks - 1 } });
    member.node.step(messageFrom(2, 'MsgHeartbeat', { term: 1 }));
    member.drain();
    tickTimes(member, electionTicks);
    member.node.step(messageFrom(3, 'MsgVote', { term: 5 }));
    expect(sent(member, 'MsgVoteResp')).toMatchObject([{ to: 3, term: 5, reject: false }]);
  });

  it('do not depose a leader that hears from a majority', () => {
    const network = new Network([1, 2, 3], { checkQuorum: true });
    network.elect(1);
    network.isolate(3);
    for (let attempt = 0; attempt < 5; attempt++) network.elect(3);
    expect(network.get(3).node.basicStatus().hardState.term).toBe(6);
    network.heal();
    network.get(3).node.campaign();
    network.settle();
    expect(network.get(1).node.basicStatus()).toMatchObject({ role: 'leader', hardState: { term: 1 } });
  });
});

describe('§9.6 a pre-vote', () => {
  it('is asked for in the next term without entering it or voting', () => {
    const member = loneMember({ log: [1], config: { preVote: true } });
    tickTimes(member, electionTicks);
    expect(member.node.basicStatus()).toMatchObject({ role: 'preCandidate', hardState: { term: 1, vote: 0 } });
    expect(sent(member, 'MsgPreVote')).toMatchObject([
      { to: 2, term: 2, index: 1, logTerm: 1 },
      { to: 3, term: 2, index: 1, logTerm: 1 },
    ]);
  });

  it('of a majority starts the election proper', () => {
    const member = loneMember({ config: { preVote: true } });
    member.node.campaign();
    member.drain();
    member.node.step(messageFrom(3, 'MsgPreVoteResp', { term: 1 }));
    expect(member.node.basicStatus()).toMatchObject({ role: 'candidate', hardState: { term: 1, vote: 1 } });
    expect(sent(member, 'MsgVote').map(({ to }) => to)).toEqual([2, 3]);
  });

  it('that a majority refuses leaves the server follower in its term', () => {
    const member = loneMember({ log: [2], config: { preVote: true } });
    member.node.campaign();
    member.drain();
    for (const from of [2, 3]) member.node.step(messageFrom(from, 'MsgPreVoteResp', { term: 2, reject: true }));
    expect(member.node.basicStatus()).toMatchObject({ role: 'follower', hardState: { term: 2, vote: 0 } });
  });

  it('changes neither term nor vote nor election timer of the voter, and may be given to several', () => {
    const member = loneMember({ config: { preVote: true } });
    tickTimes(member, electionTicks - 1);
    for (const from of [2, 3]) {
      member.node.step(messageFrom(from, 'MsgPreVote', { term: 1 }));
      expect(sent(member, 'MsgPreVoteResp')).toMatchObject([{ to: from, term: 1, reject: false }]);
    }
    expect(member.node.basicStatus().hardState).toMatchObject({ term: 0, vote: 0 });
    tickTimes(member, 1);
    expect(member.node.basicStatus().role).toBe('preCandidate');
  });

  it('is refused to a log that is behind', () => {
    const member = loneMember({ log: [1, 2], config: { preVote: true } });
    member.node.step(messageFrom(2, 'MsgPreVote', { term: 3, index: 5, logTerm: 1 }));
    expect(sent(member, 'MsgPreVoteResp')).toMatchObject([{ to: 2, term: 2, reject: true }]);
  });

  it('keeps a server that was cut off from disrupting the group when it comes back', () => {
    for (const preVote of [true, false]) {
      const network = new Network([1, 2, 3], { preVote });
      network.elect(1);
      network.isolate(3);
      for (let tick = 0; tick < 5 * electionTicks; tick++) network.get(3).node.tick();
      network.settle();
      network.get(1).node.propose([bytes('x')]);
      network.settle();
      network.heal();
      network.get(3).node.campaign();
      network.settle();
      const { role, hardState } = network.get(1).node.basicStatus();
      // Without pre-vote the returning server's term deposes the leader.
      expect({ role, term: hardState.term > 1 }).toEqual(
        preVote ? { role: 'leader', term: false } : { role: 'follower', term: true },
      );
    }
  });

  it('tells a server with an old term the current one', () => {
    const member = winElection(loneMember({ log: [4], config: { preVote: true } }), 2);
    member.node.step(messageFrom(3, 'MsgPreVote', { term: 3, index: 1, logTerm: 2 }));
    expect(sent(member, 'MsgPreVoteResp')).toMatchObject([{ to: 3, term: 5, reject: true }]);
  });

  it('of an earlier attempt does not count as a vote', () => {
    const member = loneMember({ voters: [1, 2, 3, 4, 5], config: { preVote: true } });
    member.node.campaign();
    member.drain();
    for (const from of [2, 3]) member.node.step(messageFrom(from, 'MsgPreVoteResp', { term: 1 }));
    member.drain();
    for (const from of [4, 5]) member.node.step(messageFrom(from, 'MsgPreVoteResp', { term: 1 }));
    expect(member.node.basicStatus().role).toBe('candidate');
    for (const from of [4, 5]) member.node.step(messageFrom(from, 'MsgVoteResp', { term: 1 }));
    expect(member.node.basicStatus().role).toBe('leader');
  });
});
