// SPDX-License-Identifier: Apache-2.0

import { describe, expect, it } from 'vitest';
import { confChangeV1, confChangeV2, leaveJointChange } from './conf-change.ts';
import { decodeConfChangeEntry } from './conf-change-codec.ts';
import { loneMember, messageFrom, sent, winElection } from './testing/harness.ts';
import { bytes, emptyStorage, Member, Network, votersOnly } from './testing/network.ts';
import type { ReplicaId } from './types.ts';

const remove = (nodeId: ReplicaId) => confChangeV1('removeNode', nodeId);
const add = (nodeId: ReplicaId) => confChangeV1('addNode', nodeId);

/** Replica 1 leads; the others acknowledge what the test says. */
function leaderWith(voters: readonly ReplicaId[]): Member {
  const member = winElection(loneMember({ voters }), ...voters.slice(1));
  acknowledge(member, ...voters.slice(1));
  return member;
}

function acknowledge(member: Member, ...from: readonly ReplicaId[]): void {
  for (const id of from) {
    const { lastIndex, hardState } = member.node.basicStatus();
    member.node.step(messageFrom(id, 'MsgAppResp', { term: hardState.term, index: lastIndex }));
    member.drain();
  }
}

describe('§4.1 single-server changes', () => {
  it('are made one at a time: a second one is not appended before the first is applied', () => {
    const member = leaderWith([1, 2, 3]);
    member.node.proposeConfChange(add(4));
    member.node.proposeConfChange(add(5));
    member.drain();
    const entries = member.storage.entries(2, 4, 1_000);
    expect(typeof entries === 'string' ? [] : entries.map(({ type }) => type)).toEqual(['confChange', 'normal']);
    acknowledge(member, 2);
    expect(member.node.status().confState.voters).toEqual([1, 2, 3, 4]);
    member.node.proposeConfChange(add(5));
    acknowledge(member, 2, 3);
    expect(member.node.status().confState.voters).toEqual([1, 2, 3, 4, 5]);
  });

  it('take effect where they are applied; until then the old majority decides', () => {
    const member = leaderWith([1, 2, 3]);
    member.node.proposeConfChange(remove(3));
    member.drain();
    expect(member.node.status().confState.voters).toEqual([1, 2, 3]);
    acknowledge(member, 3);
    expect(member.node.status().confState.voters).toEqual([1, 2]);
    member.node.propose([bytes('x')]);
    member.drain();
    member.node.step(messageFrom(3, 'MsgAppResp', { term: 1, index: 3 }));
    expect(member.node.basicStatus().hardState.commit).toBe(2);
    acknowledge(member, 2);
    expect(member.node.basicStatus().hardState.commit).toBe(3);
  });

  it('cannot change two voters at once without joint consensus', () => {
    const member = leaderWith([1, 2, 3]);
    member.node.proposeConfChange(
      confChangeV2([
        { type: 'addNode', nodeId: 4 },
        { type: 'addNode', nodeId: 5 },
      ]),
    );
    acknowledge(member, 2);
    expect(member.node.status().confState.votersOutgoing).toEqual([1, 2, 3]);
  });

  it('can be repeated: adding a voter again changes nothing', () => {
    const member = leaderWith([1, 2, 3]);
    member.node.proposeConfChange(add(2));
    acknowledge(member, 2);
    expect(member.node.status().confState).toEqual(votersOnly([1, 2, 3]));
  });
});

describe('§4.2.1 catching up new servers', () => {
  it('is done as learners, which count for nothing until they are promoted', () => {
    const member = leaderWith([1, 2, 3]);
    member.node.proposeConfChange(confChangeV1('addLearnerNode', 4));
    acknowledge(member, 2);
    expect(member.node.status().confState).toEqual({ ...votersOnly([1, 2, 3]), learners: [4] });
    member.node.propose([bytes('x')]);
    acknowledge(member, 4);
    expect(member.node.basicStatus().hardState.commit).toBe(2);
    acknowledge(member, 2);
    member.node.proposeConfChange(add(4));
    acknowledge(member, 2);
    expect(member.node.status().confState).toEqual(votersOnly([1, 2, 3, 4]));
    member.node.propose([bytes('y')]);
    acknowledge(member, 4);
    expect(member.node.basicStatus().hardState.commit).toBe(4);
    acknowledge(member, 3);
    expect(member.node.basicStatus().hardState.commit).toBe(5);
  });

  it('gives them all entries', () => {
    const network = new Network([1, 2, 3]);
    const leader = network.elect(1);
    leader.node.proposeConfChange(confChangeV1('addLearnerNode', 3));
    leader.node.propose([bytes('x')]);
    network.settle();
    expect(network.get(3).node.status().confState.learners).toEqual([3]);
    expect(network.get(3).appliedTexts().at(-1)).toBe('x');
  });
});

describe('§4.2.2 a leader that is removed', () => {
  it('leads on until that is committed, and does not count itself from then on', () => {
    const member = leaderWith([1, 2, 3]);
    member.node.proposeConfChange(remove(1));
    member.drain();
    expect(member.node.basicStatus().role).toBe('leader');
    acknowledge(member, 2);
    expect(member.node.status()).toMatchObject({ role: 'leader', confState: { voters: [2, 3] } });
    member.node.tick();
    expect(sent(member, 'MsgHeartbeat').map(({ to }) => to)).toEqual([2, 3]);
    expect(member.node.propose([bytes('x')])).toBe('proposalDropped');
  });

  it('steps down as soon as it has applied its removal, if told so', () => {
    const network = new Network([1, 2, 3], { stepDownOnRemoval: true });
    const leader = network.elect(1);
    leader.node.proposeConfChange(remove(1));
    network.settle();
    expect(leader.node.basicStatus().role).toBe('follower');
    expect(network.elect(2).node.basicStatus().role).toBe('leader');
  });

  it('does not campaign once it knows', () => {
    const network = new Network([1, 2, 3], { stepDownOnRemoval: true });
    network.elect(1).node.proposeConfChange(remove(1));
    network.settle();
    for (let tick = 0; tick < 50; tick++) network.get(1).node.tick();
    network.get(1).node.campaign();
    expect(network.get(1).node.basicStatus()).toMatchObject({ role: 'follower', hardState: { term: 1 } });
  });
});

describe('§4.3 joint consensus', () => {
  const swap = confChangeV2(
    [
      { type: 'addNode', nodeId: 4 },
      { type: 'addNode', nodeId: 5 },
      { type: 'removeNode', nodeId: 2 },
      { type: 'removeNode', nodeId: 3 },
    ],
    { transition: 'jointExplicit' },
  );

  function jointLeader(): Member {
    const member = leaderWith([1, 2, 3]);
    member.node.proposeConfChange(swap);
    acknowledge(member, 2);
    expect(member.node.status().confState).toEqual({ ...votersOnly([1, 4, 5]), votersOutgoing: [1, 2, 3] });
    return member;
  }

  it.each([
    { acks: [2, 3], commits: false },
    { acks: [4, 5], commits: false },
    { acks: [2, 4], commits: true },
    { acks: [3, 5], commits: true },
  ])('commits only with a majority of both halves: with $acks $commits', ({ acks, commits }) => {
    const member = jointLeader();
    const before = member.node.basicStatus().hardState.commit;
    member.node.propose([bytes('x')]);
    acknowledge(member, ...acks);
    expect(member.node.basicStatus().hardState.commit).toBe(commits ? before + 1 : before);
  });

  it.each([
    { votes: [2, 3], wins: false },
    { votes: [4, 5], wins: false },
    { votes: [2, 5], wins: true },
  ])('elects only with a majority of both halves: with $votes $wins', ({ votes, wins }) => {
    const joint = { ...votersOnly([1, 4, 5]), votersOutgoing: [1, 2, 3] };
    const member = winElection(new Member(1, emptyStorage(joint)), ...votes);
    expect(member.node.basicStatus().role).toBe(wins ? 'leader' : 'candidate');
  });

  it('is left by an entry of its own, which needs both majorities as well', () => {
    const member = jointLeader();
    member.node.proposeConfChange(leaveJointChange);
    acknowledge(member, 4, 5);
    expect(member.node.status().confState.votersOutgoing).toEqual([1, 2, 3]);
    acknowledge(member, 2);
    expect(member.node.status().confState).toEqual(votersOnly([1, 4, 5]));
  });

  it('allows no other change before it is left', () => {
    const member = jointLeader();
    member.node.proposeConfChange(add(6));
    member.drain();
    const last = member.node.basicStatus().lastIndex;
    const entries = member.storage.entries(last, last + 1, 1_000);
    expect(typeof entries === 'string' ? entries : entries.map(decodeConfChangeEntry)).toEqual([undefined]);
  });

  it('keeps a leader that is not in the new configuration until that is committed', () => {
    const network = new Network([1, 2, 3], { stepDownOnRemoval: true });
    const leader = network.elect(1);
    const changes = [
      { type: 'removeNode', nodeId: 1 },
      { type: 'addNode', nodeId: 2 },
    ] as const;
    leader.node.proposeConfChange(confChangeV2(changes, { transition: 'jointExplicit' }));
    network.settle();
    expect(leader.node.status()).toMatchObject({ role: 'leader', confState: { votersOutgoing: [1, 2, 3] } });
    expect(leader.node.propose([bytes('still')])).toBe('ok');
    leader.node.proposeConfChange(leaveJointChange);
    network.settle();
    expect(leader.node.basicStatus().role).toBe('follower');
    expect(network.get(2).appliedTexts()).toContain('still');
  });
});
