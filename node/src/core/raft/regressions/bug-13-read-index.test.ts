// SPDX-License-Identifier: Apache-2.0

import { expect, it } from 'vitest';
import { confChangeV2 } from '../conf-change.ts';
import { bytes, emptyStorage, Member, Network, votersOnly } from '../testing/network.ts';
import type { Message } from '../types.ts';

it('bug 13 (etcd#7331, redisraft#22): a new leader answers no read before the first commit of its term', () => {
  const network = new Network([1, 2, 3]);
  network.elect(1);
  // 2 has the entry, but does not know that it is committed; 1 has told its client so and is gone.
  network.lose = (message) => message.type === 'MsgApp' && message.entries.length === 0;
  network.get(1).node.propose([bytes('acknowledged')]);
  network.settle();
  expect(network.get(1).appliedTexts()).toEqual(['acknowledged']);
  network.lose = (message) => message.from === 1 || message.to === 1 || message.type === 'MsgApp';
  const leader = network.elect(2);
  expect(leader.node.basicStatus()).toMatchObject({ role: 'leader', hardState: { commit: 1 } });
  leader.node.readIndex(bytes('early'));
  network.settle();
  expect(leader.readStates).toEqual([]);
  network.isolate(1);
  leader.node.tick();
  network.settle();
  expect(leader.readStates).toEqual([{ index: 3, requestContext: bytes('early') }]);
});

it('bug 13 (tikv#9240): the target of a transfer answers no read before the first commit of its term', () => {
  const network = new Network([1, 2, 3]);
  const leader = network.elect(1);
  leader.node.propose([bytes('a')]);
  network.settle();
  network.lose = (message) => message.type === 'MsgApp' && message.from === 2;
  leader.node.transferLeader(2);
  network.settle();
  network.get(2).node.tick();
  network.settle();
  expect(network.get(3).node.basicStatus()).toMatchObject({ lead: 2, hardState: { commit: 2 } });
  network.get(3).node.readIndex(bytes('ctx'));
  network.settle();
  expect(network.get(3).readStates).toEqual([]);
  network.heal();
  network.get(2).node.tick();
  network.settle();
  expect(network.get(3).readStates).toEqual([{ index: 3, requestContext: bytes('ctx') }]);
});

it('bug 13 (raft#397, etcd#20418): a read that is asked again joins no confirmation that began before it', () => {
  const network = new Network([1, 2, 3]);
  const leader = network.elect(1);
  leader.node.readIndex(bytes('first'));
  const heartbeats = leader.drain().filter((message) => message.type === 'MsgHeartbeat');
  const early = answers(network, heartbeats);
  // The heartbeats of the second request are lost; those of the first one are answered after it was asked.
  leader.node.readIndex(bytes('second'));
  leader.node.readIndex(bytes('first'));
  leader.drain();
  for (const answer of early) leader.node.step(answer);
  leader.drain();
  expect(leader.readStates).toEqual([{ index: 1, requestContext: bytes('first') }]);
  leader.node.tick();
  network.settle();
  expect(leader.readStates.slice(1).map((state) => new TextDecoder().decode(state.requestContext))).toEqual([
    'second',
    'first',
  ]);
});

it('bug 13 (etcd#21375): lost heartbeats delay a read, they do not lose it', () => {
  const network = new Network([1, 2, 3]);
  const leader = network.elect(1);
  network.lose = (message) => message.type === 'MsgHeartbeat';
  leader.node.readIndex(bytes('ctx'));
  network.settle();
  expect(leader.readStates).toEqual([]);
  network.heal();
  leader.node.tick();
  network.settle();
  expect(leader.readStates).toEqual([{ index: 1, requestContext: bytes('ctx') }]);
});

it('bug 13 (our own): a group of one waits for the first commit of its term as well', () => {
  const before = new Member(1, emptyStorage(votersOnly([1])));
  before.node.campaign();
  before.drain();
  before.node.propose([bytes('acknowledged')]);
  before.drain();
  expect(before.appliedTexts()).toEqual(['acknowledged']);
  // The commit index needs no fsync: a power failure takes it back, and the state machine with it.
  before.storage.setHardState({ term: 1, vote: 1, commit: 1 });
  const after = new Member(1, before.storage);
  after.node.campaign();
  while (after.node.basicStatus().role !== 'leader') {
    const ready = after.node.ready();
    if (ready.hardState !== undefined) after.storage.setHardState(ready.hardState);
    after.storage.append(ready.entries);
    after.node.advance();
  }
  after.node.readIndex(bytes('ctx'));
  after.drain();
  expect(after.readStates).toEqual([{ index: 3, requestContext: bytes('ctx') }]);
});

it('bug 13 (our own): a removed leader does not take the one remaining voter for itself', () => {
  const network = new Network([1, 2]);
  const old = network.elect(1);
  old.node.proposeConfChange(confChangeV2([{ type: 'removeNode', nodeId: 1 }]));
  network.settle();
  expect(old.node.basicStatus().role).toBe('leader');
  network.isolate(1);
  network.elect(2).node.propose([bytes('unseen')]);
  network.settle();
  expect(network.get(2).appliedTexts().at(-1)).toBe('unseen');
  old.node.readIndex(bytes('ctx'));
  network.settle();
  expect(old.readStates).toEqual([]);
});

/** What the others answer to these messages. */
function answers(network: Network, messages: readonly Message[]): readonly Message[] {
  return messages.flatMap((message) => {
    const member = network.get(message.to);
    member.node.step(message);
    return member.drain();
  });
}
