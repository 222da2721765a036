// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { KubeError } from '../../ports/kube-api.ts';
import { ElectionRig, leaseKey } from '../testing/election-rig.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { electionIdentity } from './elector.ts';
import { fencedKubeApi } from './fenced-kube-api.ts';
import { leaseObject, leases } from './lease.ts';

let rig: ElectionRig;
beforeEach(() => {
  rig = new ElectionRig();
});
afterEach(async () => {
  await rig.stop();
  rig.clock.checkNoTimers();
});

const unavailable = () => new KubeError('away', { status: 503, reason: 'ServiceUnavailable' });

describe('a candidate', () => {
  test('makes the lease and leads', async () => {
    const one = rig.join('one');
    await rig.clock.advance(0);
    expect(one.elector.isLeader()).toBe(true);
    expect(rig.lease).toMatchObject({ holder: 'one', durationSeconds: 15, transitions: 0 });
    expect(rig.lease?.renewTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    expect(one.metrics.value('leader_election_master_status{operator}')).toBe(1);
    expect(one.elected[0]).toMatchObject({ transitions: 0, leaseUid: 'uid-1' });
  });

  test('waits as long as the holder renews, whatever the clocks of both say', async () => {
    const one = rig.join('one');
    await rig.clock.advance(0);
    const ahead = rig.join('ahead', { skewMs: 3_600_000 });
    const behind = rig.join('behind', { skewMs: -3_600_000 });
    await rig.clock.advance(600_000);
    expect([one, ahead, behind].map(({ elector }) => elector.isLeader())).toEqual([true, false, false]);
    expect([one.lost, ahead.elected, behind.elected]).toEqual([[], [], []]);
  });

  test('takes a lease over 15 s after it saw the last change, and counts it', async () => {
    const record = { holder: 'dead', durationSeconds: 15, acquireTime: '', renewTime: 'long ago', transitions: 4 };
    rig.api.put(leases, leaseObject(leaseKey, record, undefined));
    const one = rig.join('one');
    await rig.clock.advance(14_999);
    expect(one.elector.isLeader()).toBe(false);
    await rig.clock.advance(4402);
    expect(one.elector.isLeader()).toBe(true);
    expect(rig.lease).toMatchObject({ holder: 'one', transitions: 5 });
    expect(one.elected[0]?.transitions).toBe(5);
  });

  test('respects a holder that asks for more time', async () => {
    const record = { holder: 'slow', durationSeconds: 60, acquireTime: '', renewTime: '', transitions: 0 };
    rig.api.put(leases, leaseObject(leaseKey, record, undefined));
    const one = rig.join('one');
    await rig.clock.advance(59_000);
    expect(one.elector.isLeader()).toBe(false);
    await rig.clock.advance(6000);
    expect(one.elector.isLeader()).toBe(true);
  });

  test('has a name that no other process has', () => {
    const random = seededRandom(1);
    expect(electionIdentity('pod', random)).toMatch(/^pod_[0-9a-f]{16}$/);
    expect(electionIdentity('pod', random)).not.toBe(electionIdentity('pod', random));
  });
});

describe('a leader', () => {
  test('renews with one request every two seconds or so', async () => {
    rig.join('one');
    await rig.clock.advance(0);
    rig.api.calls.length = 0;
    await rig.clock.advance(60_000);
    expect(new Set(rig.api.verbs())).toEqual(new Set(['replace']));
    expect(rig.api.calls.length).toBeGreaterThan(26);
    expect(rig.api.calls.length).toBeLessThan(34);
  });

  test('is lost 10 s after its last renewal, before anybody else can lead', async () => {
    const one = rig.join('one');
    await rig.clock.advance(0);
    rig.api.before = () => {
      throw unavailable();
    };
    await rig.clock.advance(9999);
    expect(one.elector.isLeader()).toBe(true);
    await rig.clock.advance(1);
    expect(one.elector.isLeader()).toBe(false);
    expect(one.lost).toEqual(['the lease could not be renewed in time']);
    expect(one.elected[0]?.signal.aborted).toBe(true);
    expect(one.metrics.value('leader_election_master_status{operator}')).toBe(0);
    await one.ended;
  });

  test('gives up in time although timers go off a little early, as those of Node.js do', async () => {
    const one = rig.join('one', { earlyMs: 0.5 });
    await rig.clock.advance(0);
    rig.api.before = () => {
      throw unavailable();
    };
    await rig.clock.advance(12_100);
    expect(one.elector.isLeader()).toBe(false);
    expect(one.lost).toEqual(['the lease could not be renewed in time']);
  });

  test('survives a request that hangs, since the next one comes in time', async () => {
    const one = rig.join('one');
    await rig.clock.advance(0);
    let hangs = true;
    rig.api.before = async (_call, signal) => {
      if (!hangs) return;
      hangs = false;
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    };
    await rig.clock.advance(60_000);
    expect([one.elector.isLeader(), hangs]).toEqual([true, false]);
  });

  test('goes on after a renewal whose answer was lost', async () => {
    const one = rig.join('one');
    await rig.clock.advance(0);
    let lost = false;
    rig.api.after = () => {
      if (lost) return;
      lost = true;
      throw new Error('ECONNRESET');
    };
    await rig.clock.advance(60_000);
    expect([one.elector.isLeader(), rig.lease?.transitions]).toEqual([true, 0]);
  });

  test('knows after a blocked event loop that it does not lead, before anything else runs', async () => {
    const one = rig.join('one');
    await rig.clock.advance(0);
    const [leadership] = one.elected;
    rig.clock.block(12_000);
    expect([one.elector.isLeader(), leadership?.holds()]).toEqual([false, false]);
    await rig.clock.advance(0);
    expect(one.lost).toHaveLength(1);
    expect(rig.lease?.holder).toBe('one');
    await one.ended;
  });

  test('is lost as soon as it sees another holder', async () => {
    const one = rig.join('one');
    await rig.clock.advance(0);
    const record = { holder: 'thief', durationSeconds: 15, acquireTime: '', renewTime: 'x', transitions: 1 };
    rig.api.put(leases, leaseObject(leaseKey, record, undefined));
    await rig.clock.advance(2500);
    expect(one.lost).toEqual(['thief holds the lease now']);
  });

  test('makes a lease that was deleted anew, and its count goes on', async () => {
    const record = { holder: '', durationSeconds: 1, acquireTime: '', renewTime: '', transitions: 7 };
    rig.api.put(leases, leaseObject(leaseKey, record, undefined));
    const one = rig.join('one');
    await rig.clock.advance(0);
    const two = rig.join('two');
    await rig.clock.advance(5000);
    rig.api.remove(leases, leaseKey);
    await rig.clock.advance(5000);
    expect([one.elector.isLeader(), two.elector.isLeader()]).toEqual([true, false]);
    expect(rig.lease).toMatchObject({ holder: 'one', transitions: 8 });
  });

  test('that stops lets the next one lead at once', async () => {
    const one = rig.join('one');
    await rig.clock.advance(0);
    const two = rig.join('two');
    await rig.clock.advance(10_000);
    one.stopping.abort(new Error('stopped'));
    await one.ended;
    expect([one.lost, rig.lease?.holder]).toEqual([[], '']);
    await rig.clock.advance(4500);
    expect(two.elector.isLeader()).toBe(true);
    expect(rig.lease?.transitions).toBe(1);
  });

  test('that stops in the middle of a renewal releases the lease all the same', async () => {
    const one = rig.join('one');
    await rig.clock.advance(0);
    let arrived = false;
    rig.api.after = async () => {
      if (arrived) return;
      arrived = true;
      one.stopping.abort(new Error('stopped'));
      throw new Error('cut off');
    };
    await rig.clock.advance(5000);
    await one.ended;
    expect([arrived, rig.lease?.holder]).toEqual([true, '']);
  });
});

describe('a fenced API', () => {
  test('reads always, and writes only while its leadership holds', async () => {
    const one = rig.join('one');
    await rig.clock.advance(0);
    const [leadership] = one.elected;
    if (leadership === undefined) throw new Error('nobody leads');
    const api = fencedKubeApi(rig.api, leadership);
    const never = new AbortController().signal;
    const map = { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'ns' } };
    await api.create(map, object, never);
    rig.clock.block(10_000);
    await expect(api.apply(map, object, { fieldManager: 'x', force: true }, never)).rejects.toThrow(/its time is over/);
    await rig.clock.advance(0);
    await expect(api.delete(map, { namespace: 'ns', name: 'a' }, {}, never)).rejects.toThrow(/leadership is lost/);
    expect(await api.get(map, { namespace: 'ns', name: 'a' }, never)).toMatchObject(object);
  });
});
