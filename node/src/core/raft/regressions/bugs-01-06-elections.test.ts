// SPDX-License-Identifier: Apache-2.0

import { describe, expect, it } from 'vitest';
import { confChangeV1 } from '../conf-change.ts';
import { encodeConfChangeEntry } from '../conf-change-codec.ts';
import { RawNode } from '../raw-node.ts';
import { entriesOf, loneMember, messageFrom, sent, tickTimes, winElection } from '../testing/harness.ts';
import { bytes, emptyStorage, Member, Network, testConfig, votersOnly } from '../testing/network.ts';
import { seededRandom } from '../testing/prng.ts';
import { localAppendThread, localApplyThread } from '../types.ts';
import type { ConfState, Message } from '../types.ts';

const { electionTicks } = testConfig;

/** Two members that can talk to each other; whoever else votes is away. */
function pair(confState: ConfState, first: readonly number[], second: readonly number[], term: number): Network {
  const network = new Network([1, 3], { preVote: true, checkQuorum: true });
  const members = [first, second].map((log, at) => {
    const storage = emptyStorage(confState);
    storage.append(entriesOf(1, ...log));
    storage.setHardState({ term: at === 0 ? 1 : term, vote: 0, commit: 0 });
    return new Member(at === 0 ? 1 : 3, storage, { preVote: true, checkQuorum: true });
  });
  return Object.assign(network, { members: new Map(members.map((member) => [member.id, member])) });
}

describe('bug 1 (etcd#8243, etcd#8501, openraft#1796): pre-vote and servers of different terms', () => {
  it.each([
    { name: 'a plain configuration', confState: votersOnly([1, 2, 3]) },
    { name: 'a joint configuration', confState: { ...votersOnly([1, 3]), votersOutgoing: [1, 2, 3] } },
  ])('do not deadlock in $name when the one with the better log has the lower term', ({ confState }) => {
    // 3 has been candidate for long; only 1 can win, and 2 is dead.
    const network = pair(confState, [1, 1], [1], 7);
    network.elect(3);
    expect(network.get(3).node.basicStatus().role).not.toBe('leader');
    network.elect(1);
    network.elect(1);
    expect(network.get(1).node.basicStatus()).toMatchObject({ role: 'leader', hardState: { term: 8 } });
  });

  it.each(['MsgApp', 'MsgHeartbeat'] as const)(
    'a leader of a lower term learns the current one from the answer to its %s',
    (type) => {
      const member = loneMember({ log: [5], config: { preVote: true } });
      member.node.step(messageFrom(2, type, { term: 3, index: 1, logTerm: 5 }));
      const [answer] = sent(member, 'MsgAppResp');
      expect(answer).toMatchObject({ to: 2, term: 5 });
      const leader = winElection(loneMember({ log: [2], config: { preVote: true } }), 2);
      leader.node.step(messageFrom(3, 'MsgAppResp', { term: answer?.term ?? 0 }));
      expect(leader.node.basicStatus()).toMatchObject({ role: 'follower', hardState: { term: 5 } });
    },
  );
});

it('bug 2 (etcd#8334, raft-rs#83): a leader that steps down for want of a quorum forgets that it was the leader', () => {
  const member = winElection(loneMember({ config: { checkQuorum: true, preVote: true } }), 2);
  const { term } = member.node.basicStatus().hardState;
  tickTimes(member, electionTicks);
  expect(member.node.basicStatus()).toMatchObject({ role: 'follower', lead: 0 });
  member.drain();
  // Otherwise its own lease would keep it from helping others to an election.
  member.node.step(messageFrom(2, 'MsgPreVote', { term: term + 1, index: 1, logTerm: term }));
  expect(sent(member, 'MsgPreVoteResp')).toMatchObject([{ to: 2, reject: false }]);
});

describe('bug 3 (CCF pre_vote_double_leader): a vote holds for its whole term', () => {
  it('also for a candidate that becomes follower in that term', () => {
    const member = loneMember();
    member.node.campaign();
    member.drain();
    for (const from of [2, 3]) member.node.step(messageFrom(from, 'MsgVoteResp', { term: 1, reject: true }));
    expect(member.node.basicStatus()).toMatchObject({ role: 'follower', hardState: { term: 1, vote: 1 } });
    member.node.step(messageFrom(2, 'MsgVote', { term: 1 }));
    expect(sent(member, 'MsgVoteResp')).toMatchObject([{ to: 2, reject: true }]);
  });

  it('also for a leader that steps down in that term', () => {
    const member = winElection(loneMember({ config: { checkQuorum: true } }), 2);
    tickTimes(member, electionTicks);
    member.drain();
    expect(member.node.basicStatus()).toMatchObject({ role: 'follower', lead: 0, hardState: { term: 1, vote: 1 } });
    member.node.step(messageFrom(3, 'MsgVote', { term: 1, index: 9, logTerm: 1 }));
    expect(sent(member, 'MsgVoteResp')).toMatchObject([{ to: 3, reject: true }]);
  });

  it('also for a pre-candidate that has voted for somebody else', () => {
    const member = loneMember({ config: { preVote: true } });
    member.node.step(messageFrom(2, 'MsgVote', { term: 1 }));
    member.drain();
    member.node.campaign();
    expect(member.node.basicStatus()).toMatchObject({ role: 'preCandidate', hardState: { term: 1, vote: 2 } });
    member.drain();
    member.node.step(messageFrom(3, 'MsgVote', { term: 1 }));
    expect(sent(member, 'MsgVoteResp')).toMatchObject([{ to: 3, reject: true }]);
  });
});

it('bug 4 (openraft#2080): a leader that only a bridge can hear does not hold up a connected majority', () => {
  for (const preVote of [false, true]) {
    const network = new Network([1, 2, 3, 4, 5], { checkQuorum: true, preVote, random: seededRandom(11) });
    network.elect(1);
    // 5 is dead, and of the others only 2 hears from 1.
    network.lose = ({ from, to }) => from === 5 || to === 5 || ((from === 1 || to === 1) && from + to !== 3);
    for (let tick = 0; tick < 8 * electionTicks; tick++) {
      for (const member of network.members.values()) member.node.tick();
      network.settle();
    }
    const leaders = [2, 3, 4].filter((id) => network.get(id).node.basicStatus().role === 'leader');
    expect(leaders).toHaveLength(1);
    expect(network.get(1).node.basicStatus().role).not.toBe('leader');
    network.get(leaders[0] ?? 0).node.propose([bytes('x')]);
    network.settle();
    expect(network.get(4).appliedTexts()).toEqual(['x']);
  }
});

describe('bug 5 (raft-rs#57, etcd#10998, redpanda#8495): a learner', () => {
  const confState = { ...votersOnly([2, 3]), learners: [1] };

  it('votes: it may be a voter already without knowing', () => {
    const network = new Network([1, 2, 3]);
    const leader = network.elect(1);
    leader.node.proposeConfChange(confChangeV1('addLearnerNode', 3));
    network.settle();
    // 3 becomes a voter again, but only 1 and 2 hear of it before 1 dies.
    network.isolate(3);
    leader.node.proposeConfChange(confChangeV1('addNode', 3));
    network.settle();
    network.isolate(1);
    expect(network.get(3).node.status().confState.learners).toEqual([3]);
    expect(network.elect(2).node.basicStatus().role).toBe('leader');
    expect(network.get(3).node.status().confState.voters).toEqual([1, 2, 3]);
  });

  it('never campaigns: not by a timeout, by order, or for a transfer', () => {
    for (const preVote of [false, true]) {
      const member = new Member(1, emptyStorage(confState), { preVote });
      tickTimes(member, 5 * electionTicks);
      member.node.campaign();
      member.node.step(messageFrom(2, 'MsgTimeoutNow', { term: 1 }));
      expect(member.node.basicStatus().role).toBe('follower');
      expect(member.drain()).toEqual([]);
    }
  });
});

describe('bug 6 (raft-rs#221, etcd#7625): a server with an unapplied configuration change', () => {
  /** A follower that has stored and committed a change, and has handed it to a state machine that is slow. */
  function slowFollower(): { readonly node: RawNode; readonly applying: readonly Message[] } {
    const storage = emptyStorage(votersOnly([1, 2, 3]));
    const node = new RawNode({ ...testConfig, id: 1, storage, asyncStorageWrites: true });
    const entry = { ...encodeConfChangeEntry(confChangeV1('removeNode', 3)), term: 1, index: 1 };
    node.step(messageFrom(2, 'MsgApp', { term: 1, entries: [entry], commit: 1 }));
    const applying: Message[] = [];
    while (node.hasReady()) {
      for (const message of node.ready().messages) {
        if (message.to === localApplyThread) applying.push(message);
        if (message.to !== localAppendThread) continue;
        storage.append(message.entries);
        for (const response of message.responses ?? []) if (response.to === 1) node.step(response);
      }
    }
    return { node, applying };
  }

  it('does not campaign, because it does not know who may vote', () => {
    const { node, applying } = slowFollower();
    expect(applying).toHaveLength(1);
    for (let tick = 0; tick < 3 * electionTicks; tick++) node.tick();
    node.campaign();
    node.step(messageFrom(2, 'MsgTimeoutNow', { term: 1 }));
    expect(node.basicStatus()).toMatchObject({ role: 'follower', hardState: { term: 1, commit: 1 } });
  });

  it('campaigns once it has applied it, among those who are left', () => {
    const { node, applying } = slowFollower();
    node.applyConfChange(confChangeV1('removeNode', 3));
    for (const response of applying[0]?.responses ?? []) node.step(response);
    node.campaign();
    const write = node.ready().messages.find(({ to }) => to === localAppendThread);
    const requests = write?.responses?.filter(({ type }) => type === 'MsgVote') ?? [];
    expect(requests.map(({ to }) => to)).toEqual([2]);
  });

  it('counts votes by the configuration it has, not by the number that came in', () => {
    const member = loneMember({ voters: [1, 2, 3, 4, 5] });
    member.node.campaign();
    member.drain();
    member.node.applyConfChange(confChangeV1('removeNode', 4));
    member.node.applyConfChange(confChangeV1('removeNode', 5));
    // A voter that has gone does not help; with the group of three one more vote is a majority.
    expect(member.node.step(messageFrom(4, 'MsgVoteResp', { term: 1 }))).toBe('peerNotFound');
    expect(member.node.basicStatus().role).toBe('candidate');
    member.node.step(messageFrom(2, 'MsgVoteResp', { term: 1 }));
    expect(member.node.basicStatus().role).toBe('leader');
  });
});
