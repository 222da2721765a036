// SPDX-License-Identifier: Apache-2.0

import { expect, it } from 'vitest';
import { resolveConfig } from '../config.ts';
import { bytes, emptyStorage, Network, testConfig, votersOnly } from '../testing/network.ts';
import { seededRandom } from '../testing/prng.ts';

/** 1 leads and is paused, as by a long garbage collection, until another leader has committed a write. */
function pausedLeader(readOnlyOption: 'safe' | 'leaseBased'): Network {
  const network = new Network([1, 2, 3], { checkQuorum: true, readOnlyOption, random: seededRandom(5) });
  network.elect(1);
  network.isolate(1);
  for (let tick = 0; tick < 4 * testConfig.electionTicks; tick++) {
    for (const id of [2, 3]) network.get(id).node.tick();
    network.settle();
  }
  const leader = [2, 3].map((id) => network.get(id)).find(({ node }) => node.basicStatus().role === 'leader');
  leader?.node.propose([bytes('written meanwhile')]);
  network.settle();
  expect(leader?.appliedTexts()).toEqual(['written meanwhile']);
  expect(network.get(1).node.basicStatus().role).toBe('leader');
  return network;
}

it('bug 14 (tikv#964, sofa-jraft#34, etcd#20418): a leader that was paused answers no read from the past', () => {
  const network = pausedLeader('safe');
  const old = network.get(1);
  old.node.readIndex(bytes('ctx'));
  network.heal();
  network.settle();
  for (let tick = 0; tick < 3; tick++) {
    for (const member of network.members.values()) member.node.tick();
    network.settle();
  }
  expect(old.readStates).toEqual([]);
});

it('bug 14 (sofa-jraft#26): a lease would answer it, therefore reads are confirmed unless told otherwise', () => {
  const old = pausedLeader('leaseBased').get(1);
  old.node.readIndex(bytes('ctx'));
  old.drain();
  // The hazard itself: this answer misses the write above.
  expect(old.readStates).toEqual([{ index: 1, requestContext: bytes('ctx') }]);
  const storage = emptyStorage(votersOnly([1]));
  expect(resolveConfig({ ...testConfig, id: 1, storage }).readOnlyOption).toBe('safe');
});
