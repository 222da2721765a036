// SPDX-License-Identifier: Apache-2.0

import { describe, expect, it } from 'vitest';
import { confChangeV2 } from './conf-change.ts';
import { loneMember, messageFrom, sent, winElection } from './testing/harness.ts';
import { bytes, Network } from './testing/network.ts';
import type { Member } from './testing/network.ts';
import type { Message } from './types.ts';

/** Replica 1 leads and has committed an entry of its term. */
function readyLeader(): Member {
  const member = winElection(loneMember(), 2);
  member.node.step(messageFrom(2, 'MsgAppResp', { term: 1, index: 1 }));
  member.drain();
  return member;
}

/** Answers the heartbeats that wait to be sent to these followers. */
function answerHeartbeats(member: Member, ...from: readonly number[]): void {
  for (const { to, context } of sent(member, 'MsgHeartbeat')) {
    if (from.includes(to)) member.node.step(messageFrom(to, 'MsgHeartbeatResp', { term: 1, context }));
  }
  member.drain();
}

describe('§6.4 a read-only query', () => {
  it('takes the commit index of the moment it arrives as its read index', () => {
    const member = readyLeader();
    member.node.readIndex(bytes('ctx'));
    const beats = sent(member, 'MsgHeartbeat');
    member.node.propose([bytes('later')]);
    member.drain();
    member.node.step(messageFrom(2, 'MsgAppResp', { term: 1, index: 2 }));
    expect(member.node.basicStatus().hardState.commit).toBe(2);
    member.node.step(messageFrom(2, 'MsgHeartbeatResp', { term: 1, context: beats[0]?.context }));
    member.drain();
    expect(member.readStates).toEqual([{ index: 1, requestContext: bytes('ctx') }]);
  });

  it('needs a new round of heartbeats: answers to older ones do not confirm it', () => {
    const member = readyLeader();
    member.node.tick();
    const [older] = sent(member, 'MsgHeartbeat');
    member.node.readIndex(bytes('ctx'));
    member.drain();
    member.node.step(messageFrom(2, 'MsgHeartbeatResp', { term: 1, context: older?.context }));
    member.drain();
    expect(member.readStates).toEqual([]);
  });

  it('shares one round with all queries that came before the round', () => {
    const member = readyLeader();
    for (const text of ['a', 'b', 'c']) member.node.readIndex(bytes(text));
    member.drain();
    member.node.tick();
    answerHeartbeats(member, 3);
    expect(member.readStates.map(({ requestContext }) => requestContext)).toEqual(['a', 'b', 'c'].map(bytes));
  });

  it('is confirmed by a round without the later queries', () => {
    const member = readyLeader();
    member.node.readIndex(bytes('a'));
    const [beat] = sent(member, 'MsgHeartbeat');
    member.node.readIndex(bytes('b'));
    member.drain();
    member.node.step(messageFrom(2, 'MsgHeartbeatResp', { term: 1, context: beat?.context }));
    member.drain();
    expect(member.readStates.map(({ requestContext }) => requestContext)).toEqual([bytes('a')]);
  });

  it('is dropped when the leader steps down before it is confirmed', () => {
    const member = readyLeader();
    member.node.readIndex(bytes('ctx'));
    const [beat] = sent(member, 'MsgHeartbeat');
    member.node.step(messageFrom(3, 'MsgVote', { term: 2, index: 1, logTerm: 1 }));
    winElection(member, 3);
    member.node.step(messageFrom(2, 'MsgHeartbeatResp', { term: 3, context: beat?.context }));
    member.drain();
    expect(member.readStates).toEqual([]);
  });

  it('writes nothing to the log', () => {
    const member = readyLeader();
    const { lastIndex } = member.node.basicStatus();
    member.node.readIndex(bytes('ctx'));
    answerHeartbeats(member, 2);
    expect(member.readStates).toHaveLength(1);
    expect(member.node.basicStatus().lastIndex).toBe(lastIndex);
  });

  it('at a follower without a leader is dropped', () => {
    const member = loneMember();
    member.node.readIndex(bytes('ctx'));
    expect(member.node.hasReady()).toBe(false);
  });

  it('needs both majorities of a joint configuration', () => {
    const network = new Network([1, 2, 3, 4, 5]);
    const leader = network.elect(1);
    const changes = [4, 5].map((nodeId) => ({ type: 'removeNode', nodeId }) as const);
    leader.node.proposeConfChange(confChangeV2(changes, { transition: 'jointExplicit' }));
    network.settle();
    // 1, 4 and 5 are a majority of the outgoing half only.
    network.isolate(2, 3);
    leader.node.readIndex(bytes('ctx'));
    network.settle();
    expect(leader.readStates).toEqual([]);
    network.isolate(3, 5);
    leader.node.tick();
    network.settle();
    expect(leader.readStates).toHaveLength(1);
  });

  it('is not confirmed by learners', () => {
    const network = new Network([1, 2, 3]);
    const leader = network.elect(1);
    leader.node.proposeConfChange(confChangeV2([{ type: 'addLearnerNode', nodeId: 3 }]));
    network.settle();
    network.isolate(2);
    leader.node.readIndex(bytes('ctx'));
    network.settle();
    expect(leader.readStates).toEqual([]);
  });

  it('can be asked at a learner, which answers it by itself (§6.4, reads at followers)', () => {
    const network = new Network([1, 2, 3]);
    network.elect(1).node.proposeConfChange(confChangeV2([{ type: 'addLearnerNode', nodeId: 3 }]));
    network.settle();
    network.get(3).node.readIndex(bytes('ctx'));
    network.settle();
    expect(network.get(3).readStates).toEqual([{ index: 2, requestContext: bytes('ctx') }]);
  });
});

describe('§6.4 a read that a follower vouches for', () => {
  const config = { vouchedReads: true } as const;

  function leaderOf(voters: readonly number[]): Member {
    const member = winElection(loneMember({ voters, config }), ...voters.slice(1, 1 + voters.length / 2));
    for (const from of voters.slice(1)) member.node.step(messageFrom(from, 'MsgAppResp', { term: 1, index: 1 }));
    member.drain();
    return member;
  }

  function readFrom(from: number, logTerm: number): Message {
    return messageFrom(from, 'MsgReadIndex', {
      logTerm,
      entries: [{ term: 0, index: 0, type: 'normal', data: bytes('ctx') }],
    });
  }

  it('is answered at once where leader and follower are a quorum', () => {
    const network = new Network([1, 2, 3], config);
    network.elect(1);
    network.isolate(3);
    network.get(2).node.readIndex(bytes('ctx'));
    const [forwarded] = sent(network.get(2), 'MsgReadIndex');
    expect(forwarded).toMatchObject({ to: 1, logTerm: 1, term: 0 });
    const member = leaderOf([1, 2, 3]);
    member.node.step(readFrom(2, 1));
    expect(member.drain()).toMatchObject([{ type: 'MsgReadIndexResp', to: 2, index: 1 }]);
  });

  it('needs heartbeats where they are none, of either half of a joint configuration', () => {
    const member = leaderOf([1, 2, 3, 4, 5]);
    member.node.step(readFrom(2, 1));
    expect(sent(member, 'MsgHeartbeat').map(({ to }) => to)).toEqual([2, 3, 4, 5]);
    const network = new Network([1, 2, 3], config);
    const leader = network.elect(1);
    const changes = [4, 5].map((nodeId) => ({ type: 'addNode', nodeId }) as const);
    leader.node.proposeConfChange(confChangeV2(changes, { transition: 'jointExplicit' }));
    network.settle();
    leader.node.step(readFrom(2, leader.node.basicStatus().hardState.term));
    expect(sent(leader, 'MsgHeartbeat')).not.toEqual([]);
  });

  it('needs heartbeats when the follower speaks of another term, or is a learner', () => {
    const member = leaderOf([1, 2, 3]);
    for (const term of [0, 2]) {
      member.node.step(readFrom(2, term));
      const messages = member.drain();
      expect(messages.map(({ type }) => type)).toEqual(['MsgHeartbeat', 'MsgHeartbeat']);
    }
    const network = new Network([1, 2, 3], config);
    const leader = network.elect(1);
    leader.node.proposeConfChange(confChangeV2([{ type: 'addLearnerNode', nodeId: 3 }]));
    network.settle();
    leader.node.step(readFrom(3, leader.node.basicStatus().hardState.term));
    expect(sent(leader, 'MsgHeartbeat')).not.toEqual([]);
  });

  it('confirms no other read: one that the leader has begun since may be younger than the word', () => {
    const member = leaderOf([1, 2, 3]);
    member.node.readIndex(bytes('own'));
    member.drain();
    member.node.step(readFrom(2, 1));
    member.drain();
    expect(member.readStates).toEqual([]);
    member.node.tick();
    answerHeartbeats(member, 3);
    expect(member.readStates).toEqual([{ index: 1, requestContext: bytes('own') }]);
  });

  it('waits for the first commit of the term as any other', () => {
    const member = winElection(loneMember({ config }), 2);
    member.node.step(readFrom(2, 1));
    expect(member.drain()).toEqual([]);
    member.node.step(messageFrom(2, 'MsgAppResp', { term: 1, index: 1 }));
    expect(sent(member, 'MsgReadIndexResp')).toMatchObject([{ to: 2, index: 1 }]);
  });

  it('that only passes through a former leader still speaks for its sender', () => {
    const network = new Network([1, 2, 3], config);
    network.elect(1);
    network.get(2).node.step(readFrom(3, 7));
    expect(sent(network.get(2), 'MsgReadIndex')).toMatchObject([{ from: 3, to: 1, logTerm: 7 }]);
  });
});

describe('§6.4.1 a lease', () => {
  it('answers without a round of heartbeats', () => {
    const config = { checkQuorum: true, readOnlyOption: 'leaseBased' } as const;
    const member = winElection(loneMember({ config }), 2);
    member.node.step(messageFrom(2, 'MsgAppResp', { term: 1, index: 1 }));
    member.drain();
    member.node.readIndex(bytes('ctx'));
    expect(sent(member, 'MsgHeartbeat')).toEqual([]);
    expect(member.readStates).toEqual([{ index: 1, requestContext: bytes('ctx') }]);
  });

  it('waits for the first commit of the term as well', () => {
    const config = { checkQuorum: true, readOnlyOption: 'leaseBased' } as const;
    const member = winElection(loneMember({ config }), 2);
    member.node.readIndex(bytes('ctx'));
    member.drain();
    expect(member.readStates).toEqual([]);
    member.node.step(messageFrom(2, 'MsgAppResp', { term: 1, index: 1 }));
    member.drain();
    expect(member.readStates).toEqual([{ index: 1, requestContext: bytes('ctx') }]);
  });
});
