// SPDX-License-Identifier: Apache-2.0

import { describe, expect, it } from 'vitest';
import { confChangeV1 } from './conf-change.ts';
import { loneMember, messageFrom, sent, tickTimes, winElection } from './testing/harness.ts';
import { bytes, Network, testConfig } from './testing/network.ts';

describe('§3.10 leadership transfer', () => {
  it('stops proposals at the old leader', () => {
    const member = winElection(loneMember(), 2);
    member.node.transferLeader(2);
    expect(member.node.propose([bytes('x')])).toBe('proposalDropped');
    expect(member.node.proposeConfChange(confChangeV1('addNode', 4))).toBe('proposalDropped');
  });

  it('brings the log of the target up to date first', () => {
    const member = winElection(loneMember(), 2);
    member.node.transferLeader(2);
    expect(sent(member, 'MsgTimeoutNow')).toEqual([]);
    member.node.step(messageFrom(3, 'MsgAppResp', { term: 1, index: 1 }));
    expect(sent(member, 'MsgTimeoutNow')).toEqual([]);
    member.node.step(messageFrom(2, 'MsgAppResp', { term: 1, index: 1 }));
    expect(sent(member, 'MsgTimeoutNow')).toMatchObject([{ to: 2 }]);
  });

  it('starts the election of an up-to-date target at once', () => {
    const member = winElection(loneMember(), 2);
    member.node.step(messageFrom(2, 'MsgAppResp', { term: 1, index: 1 }));
    member.drain();
    member.node.transferLeader(2);
    expect(sent(member, 'MsgTimeoutNow')).toMatchObject([{ to: 2, term: 1 }]);
  });

  it('makes the target campaign without waiting and without a pre-vote', () => {
    const member = loneMember({ config: { preVote: true, checkQuorum: true } });
    member.node.step(messageFrom(2, 'MsgHeartbeat', { term: 1 }));
    member.node.step(messageFrom(2, 'MsgTimeoutNow', { term: 1 }));
    expect(sent(member, 'MsgVote')).toMatchObject([
      { to: 2, term: 2 },
      { to: 3, term: 2 },
    ]);
  });

  it('is a vote that a fresh leader does not stand in the way of (§4.2.3)', () => {
    const member = loneMember({ config: { checkQuorum: true } });
    member.node.step(messageFrom(2, 'MsgHeartbeat', { term: 1 }));
    member.drain();
    member.node.step(messageFrom(3, 'MsgVote', { term: 2 }));
    expect(sent(member, 'MsgVoteResp')).toEqual([]);
    const context = new TextEncoder().encode('CampaignTransfer');
    member.node.step(messageFrom(3, 'MsgVote', { term: 2, context }));
    expect(sent(member, 'MsgVoteResp')).toMatchObject([{ to: 3, reject: false }]);
  });

  it('is given up after an election timeout, and proposals go on', () => {
    const member = winElection(loneMember(), 2);
    member.node.transferLeader(2);
    tickTimes(member, testConfig.electionTicks - 1);
    expect(member.node.basicStatus().leadTransferee).toBe(2);
    tickTimes(member, 1);
    expect(member.node.basicStatus()).toMatchObject({ role: 'leader', leadTransferee: 0 });
    expect(member.node.propose([bytes('x')])).toBe('ok');
  });

  it('to another target replaces the one in progress; to the same one changes nothing', () => {
    const member = winElection(loneMember(), 2);
    member.node.transferLeader(2);
    tickTimes(member, testConfig.electionTicks - 1);
    member.node.transferLeader(2);
    tickTimes(member, 1);
    expect(member.node.basicStatus().leadTransferee).toBe(0);
    member.node.transferLeader(2);
    member.node.transferLeader(3);
    expect(member.node.basicStatus().leadTransferee).toBe(3);
    member.node.step(messageFrom(2, 'MsgAppResp', { term: 1, index: 1 }));
    expect(sent(member, 'MsgTimeoutNow')).toEqual([]);
  });

  it.each([
    { target: 1, name: 'itself' },
    { target: 9, name: 'a stranger' },
    { target: 3, name: 'a learner' },
  ])('to $name is ignored', ({ target }) => {
    const network = new Network([1, 2, 3]);
    const leader = network.elect(1);
    leader.node.proposeConfChange(confChangeV1('addLearnerNode', 3));
    network.settle();
    leader.node.transferLeader(target);
    network.settle();
    expect(leader.node.basicStatus()).toMatchObject({ role: 'leader', leadTransferee: 0 });
  });

  it('to a follower that has to be sent entries first completes by itself', () => {
    const network = new Network([1, 2, 3]);
    const leader = network.elect(1);
    network.isolate(3);
    for (const text of ['a', 'b']) leader.node.propose([bytes(text)]);
    network.settle();
    network.heal();
    leader.node.transferLeader(3);
    network.settle();
    leader.node.tick();
    network.settle();
    expect(network.get(3).node.basicStatus()).toMatchObject({ role: 'leader', hardState: { term: 2 } });
    expect(network.get(3).appliedTexts()).toEqual(['a', 'b']);
  });

  it('is forgotten when the target is removed from the group', () => {
    const network = new Network([1, 2, 3]);
    const leader = network.elect(1);
    network.isolate(3);
    leader.node.proposeConfChange(confChangeV1('removeNode', 3));
    leader.node.transferLeader(3);
    network.settle();
    expect(leader.node.basicStatus().leadTransferee).toBe(0);
  });

  it('can be asked for at a follower, which forwards it', () => {
    const network = new Network([1, 2, 3]);
    network.elect(1);
    network.get(2).node.transferLeader(3);
    network.settle();
    expect(network.get(3).node.basicStatus().role).toBe('leader');
  });
});
