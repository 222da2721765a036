// SPDX-License-Identifier: Apache-2.0

import { expect, it } from 'vitest';
import { loneMember, messageFrom, sent, tickTimes, winElection } from './testing/harness.ts';
import { Network, testConfig } from './testing/network.ts';
import { seededRandom } from './testing/prng.ts';

const { electionTicks } = testConfig;

function ticksUntilCampaign(random: (n: number) => number): number {
  const member = loneMember({ config: { random } });
  for (let ticks = 1; ; ticks++) {
    member.node.tick();
    if (member.node.basicStatus().role === 'candidate') return ticks;
  }
}

it('§3.4 election timeouts are spread over [electionTicks, 2 * electionTicks)', () => {
  const random = seededRandom(7);
  const seen = new Set(Array.from({ length: 400 }, () => ticksUntilCampaign(random)));
  const expected = Array.from({ length: electionTicks }, (_, at) => electionTicks + at);
  expect([...seen].toSorted((a, b) => a - b)).toEqual(expected);
});

it('§3.4 a candidate draws a new timeout for its next attempt', () => {
  const draws = [0, 7];
  const member = loneMember({ config: { random: () => draws.shift() ?? 0 } });
  tickTimes(member, electionTicks);
  expect(member.node.basicStatus().hardState.term).toBe(1);
  tickTimes(member, electionTicks + 6);
  expect(member.node.basicStatus().hardState.term).toBe(1);
  tickTimes(member, 1);
  expect(member.node.basicStatus().hardState.term).toBe(2);
});

it('§3.4 different timeouts end split votes within a few rounds', () => {
  for (let seed = 0; seed < 50; seed++) {
    const network = new Network([1, 2, 3, 4, 5], { random: seededRandom(seed) });
    let ticks = 0;
    const hasLeader = (): boolean => [...network.members.values()].some((m) => m.node.basicStatus().role === 'leader');
    for (; !hasLeader() && ticks < 20 * electionTicks; ticks++) {
      for (const member of network.members.values()) member.node.tick();
      network.settle();
    }
    expect(hasLeader()).toBe(true);
  }
});

it('§3.4 a leader sends heartbeats to all others every heartbeat interval', () => {
  const member = winElection(loneMember({ config: { heartbeatTicks: 3 } }), 2);
  const beats: number[] = [];
  for (let tick = 1; tick <= 9; tick++) {
    member.node.tick();
    beats.push(sent(member, 'MsgHeartbeat').length);
  }
  expect(beats).toEqual([0, 0, 2, 0, 0, 2, 0, 0, 2]);
});

it('§3.9 a leader whose heartbeats arrive stays leader in its term', () => {
  const network = new Network([1, 2, 3], { checkQuorum: true });
  network.elect(1);
  for (let tick = 0; tick < 50 * electionTicks; tick++) {
    for (const member of network.members.values()) member.node.tick();
    network.settle();
  }
  expect(network.get(1).node.basicStatus()).toMatchObject({ role: 'leader', hardState: { term: 1 } });
});

it('§3.9 without heartbeats for an election timeout there is an election', () => {
  const network = new Network([1, 2, 3], { random: seededRandom(3) });
  network.elect(1);
  network.isolate(1);
  for (let tick = 0; tick < 4 * electionTicks; tick++) {
    for (const id of [2, 3]) network.get(id).node.tick();
    network.settle();
  }
  const roles = [2, 3].map((id) => network.get(id).node.basicStatus().role);
  expect(roles.toSorted()).toEqual(['follower', 'leader']);
});

it('§3.4 granting a vote resets the election timer', () => {
  const member = loneMember();
  tickTimes(member, electionTicks - 1);
  member.node.step(messageFrom(2, 'MsgVote', { term: 1 }));
  tickTimes(member, electionTicks - 1);
  expect(member.node.basicStatus().role).toBe('follower');
});

it('§6.2 a leader that hears from no majority for an election timeout steps down', () => {
  const hearing = winElection(loneMember({ voters: [1, 2, 3, 4, 5], config: { checkQuorum: true } }), 2, 3);
  const deaf = winElection(loneMember({ voters: [1, 2, 3, 4, 5], config: { checkQuorum: true } }), 2, 3);
  for (let tick = 0; tick < 3 * electionTicks; tick++) {
    for (const member of [hearing, deaf]) member.node.tick();
    for (const from of [4, 5]) hearing.node.step(messageFrom(from, 'MsgHeartbeatResp', { term: 1 }));
    deaf.node.step(messageFrom(4, 'MsgHeartbeatResp', { term: 1 }));
  }
  expect(hearing.node.basicStatus().role).toBe('leader');
  expect(deaf.node.basicStatus().role).not.toBe('leader');
});
