// SPDX-License-Identifier: Apache-2.0

import { describe, expect, it } from 'vitest';
import { RawNode } from '../raw-node.ts';
import { entriesOf, loneMember, messageFrom, sent, termsInLog, tickTimes, winElection } from '../testing/harness.ts';
import { bytes, emptyStorage, Network, testConfig, votersOnly } from '../testing/network.ts';
import { seededRandom } from '../testing/prng.ts';
import { localAppendThread, localApplyThread } from '../types.ts';
import type { Message, Snapshot } from '../types.ts';

const { electionTicks } = testConfig;
const voters = votersOnly([1, 2, 3]);

function snapshotAt(index: number, term: number): Snapshot {
  return { metadata: { confState: voters, index, term }, data: bytes(`state ${index}`) };
}

describe('bug 20 (openraft eed681d5, etcd#18055): a snapshot and the log of its receiver', () => {
  it('that is behind the commit index changes nothing and is answered with what is there', () => {
    const member = loneMember({ log: [1, 1, 1] });
    member.node.step(messageFrom(2, 'MsgApp', { term: 2, index: 3, logTerm: 1, commit: 3 }));
    member.drain();
    member.node.step(messageFrom(2, 'MsgSnap', { term: 2, snapshot: snapshotAt(2, 1) }));
    expect(sent(member, 'MsgAppResp')).toMatchObject([{ index: 3, reject: false }]);
    expect(termsInLog(member)).toEqual([1, 1, 1]);
  });

  it('does not replace a longer log that it is part of: it commits it', () => {
    const member = loneMember({ log: [1, 1, 1] });
    member.node.step(messageFrom(2, 'MsgSnap', { term: 2, snapshot: snapshotAt(2, 1) }));
    expect(member.node.basicStatus()).toMatchObject({ lastIndex: 3, hardState: { commit: 2 } });
    member.drain();
    expect(termsInLog(member)).toEqual([1, 1, 1]);
    expect(member.applied.map(({ index }) => index)).toEqual([1, 2]);
  });

  it('replaces a log that differs, with all its tail', () => {
    const member = loneMember({ log: [1, 1, 1, 1, 1] });
    member.node.step(messageFrom(2, 'MsgSnap', { term: 3, snapshot: snapshotAt(3, 2) }));
    member.drain();
    expect(member.node.basicStatus()).toMatchObject({ firstIndex: 4, lastIndex: 3, hardState: { commit: 3 } });
    member.node.step(messageFrom(3, 'MsgVote', { term: 4, index: 5, logTerm: 1 }));
    expect(sent(member, 'MsgVoteResp')).toMatchObject([{ reject: true }]);
  });

  it('is installed before anything behind it is applied, and entries that it covers are not handed out again', () => {
    const storage = emptyStorage(voters);
    const node = new RawNode({ ...testConfig, id: 1, storage, asyncStorageWrites: true });
    const appends: Message[] = [];
    const applied: number[] = [];
    const pump = (): void => {
      while (node.hasReady()) {
        for (const message of node.ready().messages) {
          if (message.to === localAppendThread) appends.push(message);
          if (message.to === localApplyThread) applied.push(...message.entries.map(({ index }) => index));
        }
      }
    };
    node.step(messageFrom(2, 'MsgSnap', { term: 2, snapshot: snapshotAt(5, 1) }));
    pump();
    node.step(messageFrom(2, 'MsgApp', { term: 2, index: 5, logTerm: 1, entries: entriesOf(6, 2), commit: 6 }));
    pump();
    expect(applied).toEqual([]);
    for (const { snapshot, entries, responses } of appends.splice(0)) {
      if (snapshot !== undefined) storage.applySnapshot(snapshot);
      storage.append(entries);
      for (const response of responses ?? []) if (response.to === 1) node.step(response);
    }
    pump();
    expect(applied).toEqual([6]);
  });

  it('that is overtaken by a second one is not taken for it', () => {
    const storage = emptyStorage(voters);
    const node = new RawNode({ ...testConfig, id: 1, storage, asyncStorageWrites: true });
    const step = (message: Message): Message | undefined => {
      node.step(message);
      return node.ready().messages.find(({ to }) => to === localAppendThread);
    };
    const first = step(messageFrom(2, 'MsgSnap', { term: 2, snapshot: snapshotAt(5, 1) }));
    const second = step(messageFrom(2, 'MsgSnap', { term: 2, snapshot: snapshotAt(9, 1) }));
    expect([first?.snapshot?.metadata.index, second?.snapshot?.metadata.index]).toEqual([5, 9]);
    storage.applySnapshot(first?.snapshot ?? snapshotAt(0, 0));
    for (const response of first?.responses ?? []) if (response.to === 1) node.step(response);
    // The state of 9 is on its way to the disk: nobody may apply entries behind it yet, or campaign.
    expect(node.basicStatus()).toMatchObject({ applied: 5, lastIndex: 9 });
    node.campaign();
    expect(node.basicStatus().role).toBe('follower');
    storage.applySnapshot(second?.snapshot ?? snapshotAt(0, 0));
    for (const response of second?.responses ?? []) if (response.to === 1) node.step(response);
    expect(node.basicStatus()).toMatchObject({ applied: 9, lastIndex: 9, firstIndex: 10 });
  });
});

describe('bug 21 (hashicorp#212, cockroach#8659, braft#423): a follower that has received a snapshot', () => {
  function leaderThatSent(snapshotIndex: number): ReturnType<typeof loneMember> {
    const member = winElection(loneMember({ log: [1, 1, 1, 1] }), 2);
    member.node.step(messageFrom(2, 'MsgAppResp', { term: 2, index: 5 }));
    member.drain();
    member.storage.createSnapshot(snapshotIndex, bytes('state'), voters);
    member.storage.compact(snapshotIndex);
    member.node.step(messageFrom(3, 'MsgHeartbeatResp', { term: 2 }));
    member.drain();
    member.node.step(messageFrom(3, 'MsgAppResp', { term: 2, index: 4, reject: true }));
    expect(sent(member, 'MsgSnap').map(({ snapshot }) => snapshot?.metadata.index)).toEqual([snapshotIndex]);
    return member;
  }

  it('gets the entries behind it, as long as the log still has them, even if there is a newer snapshot', () => {
    const member = leaderThatSent(3);
    member.node.propose([bytes('x'), bytes('y')]);
    member.drain();
    member.node.step(messageFrom(2, 'MsgAppResp', { term: 2, index: 7 }));
    member.drain();
    member.storage.createSnapshot(6, bytes('newer'), voters);
    member.node.step(messageFrom(3, 'MsgAppResp', { term: 2, index: 3 }));
    const [append] = member.drain().filter(({ to }) => to === 3);
    expect(append).toMatchObject({ type: 'MsgApp', index: 3 });
    expect(append?.entries.map(({ index }) => index)).toEqual([4, 5, 6, 7]);
  });

  it('is sent nothing else while the snapshot travels, and is probed behind it when it has arrived', () => {
    const member = leaderThatSent(3);
    for (let beat = 0; beat < 5; beat++) {
      member.node.tick();
      member.node.step(messageFrom(3, 'MsgHeartbeatResp', { term: 2 }));
    }
    expect(member.drain().filter(({ to, type }) => to === 3 && type !== 'MsgHeartbeat')).toEqual([]);
    member.node.reportSnapshot(3, 'finished');
    member.node.step(messageFrom(3, 'MsgHeartbeatResp', { term: 2 }));
    expect(sent(member, 'MsgApp')).toMatchObject([{ to: 3, index: 3 }]);
  });

  it('is sent another one when the transfer has failed', () => {
    const member = leaderThatSent(3);
    member.node.reportSnapshot(3, 'failed');
    member.node.step(messageFrom(3, 'MsgHeartbeatResp', { term: 2 }));
    expect(member.drain().filter(({ to, type }) => to === 3 && type === 'MsgSnap')).toHaveLength(1);
  });
});

it('bug 26 (cockroach#26257, tikv#16429): an idle group keeps its heartbeats, and notices when its leader is gone', () => {
  const network = new Network([1, 2, 3], { checkQuorum: true, preVote: true, random: seededRandom(2) });
  network.elect(1);
  let beats = 0;
  network.lose = (message) => {
    if (message.type === 'MsgHeartbeat') beats++;
    return false;
  };
  for (let tick = 0; tick < 100 * electionTicks; tick++) {
    for (const member of network.members.values()) member.node.tick();
    network.settle();
  }
  expect(beats).toBe(2 * 100 * electionTicks);
  network.isolate(1);
  for (let tick = 0; tick < 4 * electionTicks; tick++) {
    for (const id of [2, 3]) network.get(id).node.tick();
    network.settle();
  }
  const roles = [2, 3].map((id) => network.get(id).node.basicStatus().role);
  expect(roles).toContain('leader');
});

describe('bug 28 (hashicorp#487, hashicorp#696): a leader whose transfer is interrupted', () => {
  const lost: readonly { readonly name: string; readonly lose: (message: Message) => boolean }[] = [
    { name: 'the order to the target is lost', lose: ({ type }) => type === 'MsgTimeoutNow' },
    { name: 'the target never catches up', lose: ({ to }) => to === 2 },
    { name: 'the target loses its election', lose: ({ type, from }) => type === 'MsgVote' && from === 2 },
  ];

  it.each(lost)('accepts proposals again when $name', ({ lose }) => {
    const network = new Network([1, 2, 3], { checkQuorum: true, preVote: true });
    const leader = network.elect(1);
    network.isolate(2);
    leader.node.propose([bytes('a')]);
    network.settle();
    network.heal();
    network.lose = lose;
    leader.node.transferLeader(2);
    for (let tick = 0; tick < 3 * electionTicks; tick++) {
      for (const id of [1, 3]) network.get(id).node.tick();
      network.settle();
    }
    network.heal();
    for (let tick = 0; tick < 6 * electionTicks; tick++) {
      for (const member of network.members.values()) member.node.tick();
      network.settle();
    }
    const now = [...network.members.values()].find(({ node }) => node.basicStatus().role === 'leader');
    expect(now?.node.basicStatus().leadTransferee).toBe(0);
    expect(now?.node.propose([bytes('b')])).toBe('ok');
    network.settle();
    for (const member of network.members.values()) expect(member.appliedTexts()).toEqual(['a', 'b']);
  });

  it('and that is deposed meanwhile is no longer bound by it when it leads again', () => {
    const network = new Network([1, 2, 3]);
    const leader = network.elect(1);
    network.lose = ({ type }) => type === 'MsgTimeoutNow';
    leader.node.transferLeader(2);
    network.settle();
    network.elect(3);
    network.elect(1);
    expect(leader.node.basicStatus()).toMatchObject({ role: 'leader', leadTransferee: 0 });
    expect(leader.node.propose([bytes('x')])).toBe('ok');
  });

  it('and is asked again and again for the same target gives up all the same', () => {
    const member = winElection(loneMember(), 2);
    for (let tick = 0; tick < electionTicks; tick++) {
      member.node.transferLeader(2);
      tickTimes(member, 1);
    }
    expect(member.node.propose([bytes('x')])).toBe('ok');
  });
});
