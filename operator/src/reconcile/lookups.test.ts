// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { Gateway } from '../../testing/gateway/gateway.ts';
import { KubeDouble } from '../../testing/kube-double.ts';
import { resources } from '../desired/resources.ts';
import { Lookups } from './lookups.ts';

const never = new AbortController().signal;
const key = { namespace: 'default', name: 'a' };
const secret = { apiVersion: 'v1', kind: 'Secret', metadata: key };

async function newRig() {
  const double = new KubeDouble({ seed: 1 });
  const gateway = new Gateway(double.connect());
  const lookups = new Lookups(gateway, double.clock);
  const look = async () => (await lookups.get(resources.secret, key, never))?.metadata.uid;
  return { double, gateway, lookups, look };
}

it('asks for what is missing every time, and for what is there once in five minutes', async () => {
  const { double, gateway, look } = await newRig();
  expect([await look(), await look()]).toEqual([undefined, undefined]);
  expect(gateway.calls).toHaveLength(2);
  const made = await double.connect().create(resources.secret, secret, never);
  for (let i = 0; i < 5; i++) expect(await look()).toBe(made.metadata.uid);
  expect(gateway.calls).toHaveLength(3);
  await double.connect().delete(resources.secret, key, {}, never);
  await double.run(5 * 60_000);
  expect(await look()).toBeUndefined();
  expect(gateway.calls.every(({ verb }) => verb === 'get')).toBe(true);
});

it('believes what a write has made, and asks again for what was forgotten', async () => {
  const { gateway, lookups, look } = await newRig();
  lookups.put(resources.secret, await gateway.create(resources.secret, secret, never));
  expect(await look()).toBeDefined();
  expect(gateway.calls.filter(({ verb }) => verb === 'get')).toEqual([]);
  lookups.forget(resources.secret, key);
  expect(await look()).toBeDefined();
  expect(gateway.calls.filter(({ verb }) => verb === 'get')).toHaveLength(1);
});
