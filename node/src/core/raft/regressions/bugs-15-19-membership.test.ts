// SPDX-License-Identifier: Apache-2.0

import { describe, expect, it } from 'vitest';
import { confChangeV1, confChangeV2, leaveJointChange } from '../conf-change.ts';
import { decodeConfChangeEntry, encodeConfChangeEntry } from '../conf-change-codec.ts';
import { entriesOf, loneMember, messageFrom, sent, tickTimes, winElection } from '../testing/harness.ts';
import { firstViolation, mutants, runMutant } from '../testing/mutants.ts';
import { bytes, emptyStorage, Member, Network, votersOnly } from '../testing/network.ts';
import type { Message } from '../types.ts';

describe('bug 15 (etcd#11038, raft#77, raft-rs#584, cockroach#105578): a leader that is removed or demoted', () => {
  it.each(['removeNode', 'addLearnerNode'] as const)('by %s sends no heartbeats any more', (type) => {
    const network = new Network([1, 2, 3], { stepDownOnRemoval: true });
    const leader = network.elect(1);
    leader.node.proposeConfChange(confChangeV1(type, 1));
    network.settle();
    tickTimes(leader, 30);
    expect(leader.drain()).toEqual([]);
    expect(leader.node.basicStatus()).toMatchObject({ role: 'follower', lead: 0 });
  });

  it('leads on while the joint configuration still holds it', () => {
    const network = new Network([1, 2, 3], { stepDownOnRemoval: true });
    const leader = network.elect(1);
    const changes = [
      { type: 'removeNode', nodeId: 1 },
      { type: 'addLearnerNode', nodeId: 2 },
    ] as const;
    leader.node.proposeConfChange(confChangeV2(changes, { transition: 'jointExplicit' }));
    network.settle();
    expect(leader.node.status()).toMatchObject({
      role: 'leader',
      confState: { voters: [3], votersOutgoing: [1, 2, 3], learnersNext: [2] },
    });
    leader.node.proposeConfChange(leaveJointChange);
    network.settle();
    expect(leader.node.basicStatus().role).toBe('follower');
    expect(network.get(2).node.status().confState).toEqual({ ...votersOnly([3]), learners: [2] });
  });
});

describe('bug 16 (etcd#10563, redpanda#3055): a group of two whose leader is removed', () => {
  const commitsNews = (message: Message): boolean => message.type === 'MsgApp' && message.entries.length === 0;

  it('is told by a leader that leads on until it is stopped', () => {
    const network = new Network([1, 2]);
    const leader = network.elect(1);
    network.lose = commitsNews;
    leader.node.proposeConfChange(confChangeV1('removeNode', 1));
    network.settle();
    expect(network.get(2).node.status().confState.voters).toEqual([1, 2]);
    leader.node.tick();
    network.settle();
    expect(network.get(2).node.status().confState.voters).toEqual([2]);
    network.isolate(1);
    expect(network.elect(2).node.basicStatus().role).toBe('leader');
  });

  it('elects the one that is left with the vote of the one that stepped down', () => {
    const network = new Network([1, 2], { stepDownOnRemoval: true, preVote: true, checkQuorum: true });
    const leader = network.elect(1);
    network.lose = commitsNews;
    leader.node.proposeConfChange(confChangeV1('removeNode', 1));
    network.settle();
    expect(leader.node.basicStatus().role).toBe('follower');
    expect(network.get(2).node.status().confState.voters).toEqual([1, 2]);
    network.heal();
    tickTimes(network.get(2), 10);
    network.settle();
    expect(network.get(2).node.status()).toMatchObject({ role: 'leader', confState: { voters: [2] } });
  });

  it('needs nobody else when leadership was moved before the removal, as the membership plan does', () => {
    const network = new Network([1, 2], { stepDownOnRemoval: true });
    network.elect(1).node.transferLeader(2);
    network.settle();
    const leader = network.get(2);
    network.lose = commitsNews;
    leader.node.proposeConfChange(confChangeV1('removeNode', 1));
    network.settle();
    network.isolate(1);
    leader.node.propose([bytes('x')]);
    network.settle();
    expect(leader.appliedTexts().at(-1)).toBe('x');
  });
});

describe('bug 17 (copycat#23, camunda#60086, camunda#62837): changes across leaders', () => {
  it('are refused by a new leader until it has applied what it found, which needs a commit of its own term', () => {
    const member = winElection(loneMember({ log: [1, 1] }), 2);
    member.node.proposeConfChange(confChangeV1('addNode', 4));
    member.drain();
    const entries = member.storage.entries(4, 5, 1_000);
    expect(typeof entries === 'string' ? [] : entries.map(({ type }) => type)).toEqual(['normal']);
    member.node.step(messageFrom(2, 'MsgAppResp', { term: 2, index: 4 }));
    member.drain();
    member.node.proposeConfChange(confChangeV1('addNode', 4));
    member.drain();
    member.node.step(messageFrom(2, 'MsgAppResp', { term: 2, index: 5 }));
    member.drain();
    expect(member.node.status().confState.voters).toEqual([1, 2, 3, 4]);
  });

  it('leave an inherited joint configuration only after the new leader has committed it in its own term', () => {
    const joint = { ...votersOnly([1, 2, 4]), votersOutgoing: [1, 2, 3], autoLeave: true };
    const storage = emptyStorage(joint);
    storage.append(entriesOf(1, 1, 1, 1));
    storage.setHardState({ term: 1, vote: 0, commit: 1 });
    // Entries are applied one by one, so that the change could come too early.
    const member = winElection(new Member(1, storage, { maxCommittedSizePerReadyBytes: 1 }), 2);
    const lastIndex = (): number => member.node.basicStatus().lastIndex;
    expect(lastIndex()).toBe(4);
    member.node.step(messageFrom(2, 'MsgAppResp', { term: 2, index: 3 }));
    member.drain();
    expect(lastIndex()).toBe(4);
    member.node.step(messageFrom(2, 'MsgAppResp', { term: 2, index: 4 }));
    member.drain();
    expect(lastIndex()).toBe(5);
    const leave = member.storage.entries(5, 6, 1_000);
    expect(typeof leave === 'string' ? leave : leave.map(decodeConfChangeEntry)).toEqual([leaveJointChange]);
    member.node.step(messageFrom(2, 'MsgAppResp', { term: 2, index: 5 }));
    member.drain();
    expect(member.node.status().confState).toEqual(votersOnly([1, 2, 4]));
  });

  it('that were committed before a restart are applied before the server campaigns', () => {
    const storage = emptyStorage(votersOnly([1, 2, 3]));
    storage.append([{ ...encodeConfChangeEntry(confChangeV1('removeNode', 3)), term: 1, index: 1 }]);
    storage.setHardState({ term: 1, vote: 0, commit: 1 });
    const member = new Member(1, storage);
    member.node.campaign();
    expect(member.node.basicStatus().role).toBe('follower');
    member.drain();
    member.node.campaign();
    expect(sent(member, 'MsgVote').map(({ to }) => to)).toEqual([2]);
  });
});

it('bug 18 (openraft FAQ 09-reuse-node-id, tigerbeetle#2767): an empty disk under an old id breaks safety, and is seen', () => {
  // The engine never lets it happen: see bug-18 there. This shows what it would cost.
  const mutant = mutants.find(({ name }) => name.includes('empty disk'));
  expect(mutant).toBeDefined();
  if (mutant === undefined) return;
  expect(firstViolation(mutant)).toMatch(mutant.violates);
  expect(runMutant(mutant, 'without fault')).toEqual([]);
});

describe('bug 19 (swarmkit#238, async-raft#133, canonical/raft#250, dragonboat#187): the configuration of a snapshot', () => {
  const confState = {
    voters: [1, 4],
    learners: [5],
    votersOutgoing: [1, 2, 3],
    learnersNext: [2],
    autoLeave: false,
  };

  it('replaces the follower’s with all its parts', () => {
    const member = loneMember({ log: [1] });
    const snapshot = { metadata: { confState, index: 9, term: 2 }, data: bytes('state') };
    member.node.step(messageFrom(2, 'MsgSnap', { term: 2, snapshot }));
    expect(member.node.status().confState).toEqual(confState);
    member.drain();
    expect(member.storage.initialState().confState).toEqual(confState);
    const restarted = new Member(1, member.storage);
    expect(restarted.node.status().confState).toEqual(confState);
    restarted.node.campaign();
    expect(sent(restarted, 'MsgVote').map(({ to }) => to)).toEqual([2, 3, 4]);
  });
});
