// SPDX-License-Identifier: Apache-2.0

import { describe, expect, it } from 'vitest';
import { confChangeV2 } from './conf-change.ts';
import { newMessage } from './message.ts';
import { RawNode } from './raw-node.ts';
import { bytes, emptyStorage, Member, Network, testConfig, votersOnly } from './testing/network.ts';
import { localAppendThread, localApplyThread } from './types.ts';
import type { Message } from './types.ts';

describe('proposals', () => {
  it('of one call are appended together and in order', () => {
    const network = new Network([1, 2, 3]);
    const leader = network.elect(1);
    expect(leader.node.propose([bytes('a'), bytes('b'), bytes('c')])).toBe('ok');
    network.settle();
    for (const member of network.members.values()) expect(member.appliedTexts()).toEqual(['a', 'b', 'c']);
  });

  it('are forwarded by followers, unless that is disabled', () => {
    const forwarding = new Network([1, 2, 3]);
    forwarding.elect(1);
    expect(forwarding.get(2).node.propose([bytes('x')])).toBe('ok');
    forwarding.settle();
    expect(forwarding.get(3).appliedTexts()).toEqual(['x']);

    const strict = new Network([1, 2, 3], { disableProposalForwarding: true });
    strict.elect(1);
    expect(strict.get(2).node.propose([bytes('x')])).toBe('proposalDropped');
  });

  it('are dropped without a leader, and when there is nothing in them', () => {
    const network = new Network([1, 2, 3]);
    expect(network.get(1).node.propose([bytes('x')])).toBe('proposalDropped');
    const leader = network.elect(1);
    expect(leader.node.propose([])).toBe('proposalDropped');
  });

  it('are dropped beyond the limit of the uncommitted tail, until that is applied', () => {
    const network = new Network([1, 2, 3], { maxUncommittedEntriesSizeBytes: 100 });
    const leader = network.elect(1);
    const payload = new Uint8Array(60).fill(1);
    expect(leader.node.propose([payload])).toBe('ok');
    expect(leader.node.propose([payload])).toBe('proposalDropped');
    network.settle();
    expect(leader.node.propose([payload])).toBe('ok');
  });

  it('of any size are accepted while the tail is empty', () => {
    const network = new Network([1, 2, 3], { maxUncommittedEntriesSizeBytes: 100 });
    expect(network.elect(1).node.propose([new Uint8Array(5_000)])).toBe('ok');
  });

  it('with a malformed configuration change are dropped', () => {
    const network = new Network([1, 2, 3]);
    const leader = network.elect(1);
    const message = newMessage('MsgProp', 1);
    message.from = 2;
    message.entries = [{ term: 0, index: 0, type: 'confChange', data: Uint8Array.of(0xff) }];
    expect(leader.node.step(message)).toBe('proposalDropped');
  });
});

describe('messages from outside', () => {
  it('of local types are refused', () => {
    const { node } = new Network([1, 2, 3]).get(1);
    const message = newMessage('MsgHup', 1);
    message.from = 2;
    expect(node.step(message)).toBe('localMessage');
  });

  it('that answer something are refused from strangers', () => {
    const { node } = new Network([1, 2, 3]).get(1);
    const message = newMessage('MsgAppResp', 1);
    message.from = 9;
    expect(node.step(message)).toBe('peerNotFound');
  });

  it('are not changed', () => {
    const network = new Network([1, 2, 3]);
    network.elect(1);
    const message: Message = Object.freeze({ ...newMessage('MsgTransferLeader', 2), from: 3 });
    expect(network.get(2).node.step(message)).toBe('ok');
    network.settle();
    expect(network.get(3).node.basicStatus().role).toBe('leader');
  });
});

describe('a read index', () => {
  it('is confirmed by a quorum of heartbeats', () => {
    const network = new Network([1, 2, 3]);
    const leader = network.elect(1);
    leader.node.readIndex(bytes('ctx'));
    leader.drain();
    expect(leader.readStates).toEqual([]);
    leader.node.readIndex(bytes('second'));
    network.settle();
    expect(leader.readStates).toEqual([
      { index: 1, requestContext: bytes('ctx') },
      { index: 1, requestContext: bytes('second') },
    ]);
  });

  it('is not confirmed by a leader that lost its quorum', () => {
    const network = new Network([1, 2, 3]);
    const leader = network.elect(1);
    network.isolate(1);
    network.elect(2);
    leader.node.readIndex(bytes('ctx'));
    network.settle();
    network.heal();
    for (const member of network.members.values()) member.node.tick();
    network.settle();
    expect(leader.readStates).toEqual([]);
    expect(leader.node.basicStatus().role).toBe('follower');
  });

  it('is forwarded by a follower and answered there', () => {
    const network = new Network([1, 2, 3]);
    network.elect(1);
    network.get(3).node.readIndex(bytes('ctx'));
    network.settle();
    expect(network.get(3).readStates).toEqual([{ index: 1, requestContext: bytes('ctx') }]);
    expect(network.get(1).readStates).toEqual([]);
  });

  it('waits for the first commit of a new leader', () => {
    const network = new Network([1, 2, 3]);
    network.lose = (message) => message.type === 'MsgApp';
    const leader = network.elect(1);
    expect(leader.node.basicStatus().role).toBe('leader');
    leader.node.readIndex(bytes('ctx'));
    network.settle();
    expect(leader.readStates).toEqual([]);
    network.heal();
    leader.node.tick();
    network.settle();
    expect(leader.readStates).toEqual([{ index: 1, requestContext: bytes('ctx') }]);
  });

  it('is answered at once under a lease', () => {
    const network = new Network([1, 2, 3], { readOnlyOption: 'leaseBased', checkQuorum: true });
    const leader = network.elect(1);
    network.isolate(1);
    leader.node.readIndex(bytes('ctx'));
    leader.drain();
    expect(leader.readStates).toEqual([{ index: 1, requestContext: bytes('ctx') }]);
  });

  it('needs nobody else in a group of one', () => {
    const network = new Network([1]);
    const leader = network.elect(1);
    leader.node.readIndex(bytes('ctx'));
    network.settle();
    expect(leader.readStates).toEqual([{ index: 1, requestContext: bytes('ctx') }]);
  });
});

describe('a restart', () => {
  it('keeps term, vote, log and commit index, and hands out nothing twice', () => {
    const network = new Network([1, 2, 3]);
    const leader = network.elect(1);
    leader.node.propose([bytes('a')]);
    network.settle();
    const before = leader.node.basicStatus();
    leader.restart();
    expect(leader.node.basicStatus()).toEqual({ ...before, lead: 0, role: 'follower' });
    expect(leader.node.hasReady()).toBe(false);
    network.elect(1);
    expect(leader.appliedTexts()).toEqual(['a']);
  });
});

describe('flow control', () => {
  it('stops sending at the window of bytes and goes on with acknowledgements', () => {
    const network = new Network([1, 2], { maxInflightBytes: 100, maxSizePerMsgBytes: 0 });
    const leader = network.elect(1);
    network.settle();
    for (let count = 0; count < 5; count++) leader.node.propose([new Uint8Array(60).fill(1)]);
    const sent = leader.drain().filter((message) => message.type === 'MsgApp');
    expect(sent.map((message) => message.entries.length)).toEqual([1, 1]);
    for (const message of sent) network.get(2).node.step(message);
    network.settle();
    expect(network.get(2).applied.length).toBe(6);
  });

  it('hands out committed entries within the limit, until those are applied', () => {
    const storage = emptyStorage(votersOnly([1]));
    const config = { ...testConfig, id: 1, storage, asyncStorageWrites: true, maxCommittedSizePerReadyBytes: 250 };
    const node = new RawNode(config);
    const applying: Message[] = [];
    const run = (): void => {
      while (node.hasReady()) {
        for (const message of node.ready().messages) {
          if (message.to === localApplyThread) applying.push(message);
          if (message.to !== localAppendThread) continue;
          storage.append(message.entries);
          for (const response of message.responses ?? []) node.step(response);
        }
      }
    };
    node.campaign();
    run();
    node.propose([1, 2, 3, 4, 5].map(() => new Uint8Array(100).fill(1)));
    run();
    // The empty entry and two of 106 bytes fit; the third does not.
    expect(applying.flatMap((message) => message.entries).length).toBe(3);
    for (const response of applying.splice(0).flatMap((message) => message.responses ?? [])) node.step(response);
    run();
    expect(applying.flatMap((message) => message.entries).length).toBe(2);
  });
});

describe('leadership', () => {
  it('goes to the target of a transfer, even under a lease', () => {
    const network = new Network([1, 2, 3], { checkQuorum: true, preVote: true });
    const leader = network.elect(1);
    leader.node.transferLeader(2);
    network.settle();
    expect(network.get(2).node.basicStatus().role).toBe('leader');
  });

  it('is given up by a leader that hears from no quorum', () => {
    const network = new Network([1, 2, 3], { checkQuorum: true });
    const leader = network.elect(1);
    network.isolate(1);
    // One period in which the others were heard from, and one in which they were not.
    for (let tick = 0; tick < 20; tick++) leader.node.tick();
    expect(leader.node.basicStatus()).toMatchObject({ role: 'follower', lead: 0 });
  });

  it('is given up on removal, if told so', () => {
    for (const stepDownOnRemoval of [false, true]) {
      const network = new Network([1, 2, 3], { stepDownOnRemoval });
      const leader = network.elect(1);
      leader.node.proposeConfChange(confChangeV2([{ type: 'removeNode', nodeId: 1 }]));
      network.settle();
      expect(leader.node.basicStatus().role).toBe(stepDownOnRemoval ? 'follower' : 'leader');
      expect(leader.node.propose([bytes('x')])).toBe('proposalDropped');
      expect(network.get(2).node.status().confState.voters).toEqual([2, 3]);
    }
  });

  it('can be forgotten by a follower, which then votes at once', () => {
    const network = new Network([1, 2, 3], { checkQuorum: true });
    network.elect(1);
    network.isolate(1);
    network.elect(2);
    expect(network.get(2).node.basicStatus().role).toBe('candidate');
    network.get(3).node.forgetLeader();
    network.elect(2);
    expect(network.get(2).node.basicStatus().role).toBe('leader');
  });
});

describe('a joint configuration', () => {
  const swap = [
    { type: 'addNode', nodeId: 4 },
    { type: 'removeNode', nodeId: 3 },
  ] as const;

  it('is left automatically', () => {
    const network = new Network([1, 2, 3]);
    const leader = network.elect(1);
    expect(leader.node.proposeConfChange(confChangeV2(swap))).toBe('ok');
    network.settle();
    expect(leader.node.status().confState).toEqual(votersOnly([1, 2, 4]));
  });

  it('is left on request when it was entered explicitly, and survives a restart', () => {
    const network = new Network([1, 2, 3]);
    const leader = network.elect(1);
    leader.node.proposeConfChange(confChangeV2(swap, { transition: 'jointExplicit' }));
    network.settle();
    const joint = { ...votersOnly([1, 2, 4]), votersOutgoing: [1, 2, 3] };
    expect(leader.node.status().confState).toEqual(joint);
    const restarted = new Member(2, emptyStorage(joint));
    expect(restarted.node.status().confState).toEqual(joint);

    leader.node.proposeConfChange(confChangeV2([{ type: 'addNode', nodeId: 5 }]));
    network.settle();
    expect(leader.node.status().confState).toEqual(joint);
    leader.node.proposeConfChange(confChangeV2([]));
    network.settle();
    expect(leader.node.status().confState).toEqual(votersOnly([1, 2, 4]));
  });
});
