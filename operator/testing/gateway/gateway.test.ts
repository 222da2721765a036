// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import type { WatchEvent } from '../../src/ports/kube-api.ts';
import { configMap, configMaps } from '../conformance/fixtures.ts';
import { KubeDouble } from '../kube-double.ts';
import { turn } from '../manual-clock.ts';
import { CrashPoints } from './crash-points.ts';
import { errors } from './faults.ts';
import { Gateway } from './gateway.ts';

const namespace = 'default';
const { signal } = new AbortController();
const manager = { fieldManager: 'me', force: true };

function setUp(points?: CrashPoints): { double: KubeDouble; gateway: Gateway } {
  const double = new KubeDouble();
  return { double, gateway: new Gateway(double.connect(), points) };
}

function object(name: string, data = {}): ReturnType<typeof configMap> {
  return configMap(name, { namespace }, data);
}

/** Takes what a watch yields until it ends, with how it ended. */
function collect(gateway: Gateway, from: string): { events: WatchEvent[]; ended: Promise<unknown> } {
  const events: WatchEvent[] = [];
  const run = async (): Promise<unknown> => {
    try {
      const options = { namespace, resourceVersion: from, timeoutSeconds: 300 };
      for await (const event of gateway.watch(configMaps, options, signal)) events.push(event);
      return 'ended';
    } catch (error) {
      return error;
    }
  };
  return { events, ended: run() };
}

async function newest(gateway: Gateway): Promise<string> {
  return (await gateway.list(configMaps, { namespace }, signal)).resourceVersion;
}

describe('writes', () => {
  test('are recorded with what they changed', async () => {
    const { gateway } = setUp();
    await gateway.apply(configMaps, object('a', { n: '1' }), manager, signal);
    await gateway.apply(configMaps, object('a', { n: '2' }), manager, signal);
    await gateway.apply(configMaps, object('a', { n: '2' }), manager, signal);
    await gateway.delete(configMaps, { namespace, name: 'a' }, {}, signal);
    expect(gateway.writes.map((one) => [one.verb, one.key.name, one.outcome])).toEqual([
      ['apply', 'a', 'done'],
      ['apply', 'a', 'done'],
      ['apply', 'a', 'done'],
      ['delete', 'a', 'done'],
    ]);
    expect(gateway.writes[0]?.changes).toMatchObject([{ path: '', from: undefined }]);
    expect(gateway.writes[1]?.changes).toEqual([{ path: 'data.n', from: '1', to: '2' }]);
    expect(gateway.writes[2]?.changes).toEqual([]);
    expect(gateway.writes[3]?.changes).toMatchObject([{ path: '', to: undefined }]);
  });

  test('do not include reads and dry runs', async () => {
    const { gateway } = setUp();
    await gateway.apply(configMaps, object('a'), { ...manager, dryRun: true }, signal);
    await gateway.get(configMaps, { namespace, name: 'a' }, signal);
    expect(gateway.writes).toEqual([]);
    expect(gateway.calls).toHaveLength(2);
  });

  test('that the server refuses are recorded as failed', async () => {
    const { gateway } = setUp();
    await gateway.create(configMaps, object('a'), signal);
    await expect(gateway.create(configMaps, object('a'), signal)).rejects.toMatchObject({ reason: 'AlreadyExists' });
    expect(gateway.writes.map((one) => one.outcome)).toEqual(['done', 'failed']);
  });
});

describe('faults', () => {
  test('before a call keep it from happening', async () => {
    const { gateway } = setUp();
    gateway.fail({ verb: 'write', skip: 1, error: errors.conflict() });
    await gateway.create(configMaps, object('a'), signal);
    await expect(gateway.create(configMaps, object('b'), signal)).rejects.toMatchObject({ status: 409 });
    expect(await gateway.get(configMaps, { namespace, name: 'b' }, signal)).toBeUndefined();
    await gateway.create(configMaps, object('b'), signal);
    expect(gateway.writes.map((one) => one.outcome)).toEqual(['done', 'failed', 'done']);
  });

  test('after a call lose its answer only', async () => {
    const { gateway } = setUp();
    gateway.fail({ verb: 'create', name: 'a', when: 'after', error: errors.serverTimeout() });
    await expect(gateway.create(configMaps, object('a'), signal)).rejects.toMatchObject({ status: 504 });
    expect(await gateway.get(configMaps, { namespace, name: 'a' }, signal)).toBeDefined();
    expect(gateway.writes.map((one) => one.outcome)).toEqual(['lost']);
  });

  test('meet only the calls that they are meant for, as often as they are meant to', async () => {
    const { gateway } = setUp();
    gateway.fail({ verb: 'list', plural: 'configmaps', times: 2, error: errors.tooMany(500) });
    expect(await gateway.get(configMaps, { namespace, name: 'a' }, signal)).toBeUndefined();
    for (let i = 0; i < 2; i++) {
      await expect(newest(gateway)).rejects.toMatchObject({ status: 429, retryAfterMs: 500 });
    }
    expect(await newest(gateway)).toMatch(/^\d+$/);
    gateway.fail({ error: errors.forbidden(), times: 9 });
    gateway.faults.clear();
    expect(await newest(gateway)).toMatch(/^\d+$/);
  });

  test.each([errors.internal(), errors.unavailable(), errors.reset(), errors.refused()])('can be %s', async (error) => {
    const { gateway } = setUp();
    gateway.fail({ error });
    await expect(newest(gateway)).rejects.toBe(error);
  });
});

describe('watches', () => {
  test('break when they are dropped', async () => {
    const { gateway } = setUp();
    const watch = collect(gateway, await newest(gateway));
    await gateway.create(configMaps, object('a'), signal);
    await turn();
    expect(gateway.openWatches).toBe(1);
    gateway.dropWatches();
    expect(await watch.ended).toMatchObject({ status: 0, reason: 'ConnectionReset' });
    expect(watch.events).toHaveLength(1);
    expect(gateway.openWatches).toBe(0);
  });

  test('are silent while the API server hangs, and go on after that', async () => {
    const { double, gateway } = setUp();
    const watch = collect(gateway, await newest(gateway));
    await turn();
    gateway.interrupt('hang');
    const waiting = gateway.get(configMaps, { namespace, name: 'a' }, signal);
    await double.connect().create(configMaps, object('a'), signal);
    await turn();
    expect(watch.events).toEqual([]);
    gateway.restore();
    expect(await waiting).toBeDefined();
    await turn();
    expect(watch.events).toHaveLength(1);
  });

  test('break when the API server is away, and calls are refused until it is back', async () => {
    const { gateway } = setUp();
    const watch = collect(gateway, await newest(gateway));
    await turn();
    gateway.interrupt('refuse');
    expect(await watch.ended).toMatchObject({ status: 0 });
    await expect(newest(gateway)).rejects.toMatchObject({ reason: 'ConnectionRefused' });
    gateway.restore();
    expect(await newest(gateway)).toMatch(/^\d+$/);
  });

  test('end with the process', async () => {
    const { gateway } = setUp(new CrashPoints({ index: 0, when: 'after' }));
    const watch = collect(gateway, await newest(gateway));
    await turn();
    await expect(gateway.create(configMaps, object('a'), signal)).rejects.toThrow('the process ended after');
    expect(await watch.ended).toMatchObject({ name: 'CrashedError' });
    await expect(newest(gateway)).rejects.toThrow('this process has ended');
  });
});

test('a call that waits for an API server that hangs can be given up', async () => {
  const { gateway } = setUp();
  gateway.interrupt('hang');
  const giveUp = new AbortController();
  const call = gateway.list(configMaps, {}, giveUp.signal);
  giveUp.abort(new Error('enough'));
  await expect(call).rejects.toThrow('enough');
});
