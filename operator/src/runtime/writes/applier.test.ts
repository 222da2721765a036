// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { KubeObject } from '../../ports/kube-api.ts';
import { informerRig, widget, widgets } from '../testing/informer-rig.ts';
import type { InformerRig } from '../testing/informer-rig.ts';
import { Applier } from './applier.ts';
import { Expectations } from './expectations.ts';

const never = new AbortController().signal;
const key = { namespace: 'ns', name: 'a' };
const annotation = 'test.dev/applied';
let rig: InformerRig;
let expectations: Expectations;

beforeEach(async () => {
  rig = informerRig();
  const { clock, metrics, logger } = rig;
  expectations = new Expectations({ controller: 'c', clock, metrics, logger });
  expectations.track(rig.informer);
  await rig.start();
});
afterEach(async () => rig.stop());

function newApplier(): Applier {
  const digest = (text: string) => createHash('sha256').update(text).digest('hex');
  return new Applier({ api: rig.api, fieldManager: 'test', annotation, digest, expectations });
}

/** Reconciles once. @returns why it wrote. */
async function reconcile(applier: Applier, intent: KubeObject) {
  const found = rig.informer.get(key);
  const reason = applier.reasonToApply(intent, found);
  const aimed = {
    ...intent,
    metadata: { ...intent.metadata, ...(found?.metadata.uid === undefined ? {} : { uid: found.metadata.uid }) },
  };
  if (reason !== undefined) await applier.apply('owner', widgets, aimed, never);
  await rig.clock.advance(0);
  expect(expectations.awaited('owner')).toBeUndefined();
  return reason;
}

/** A server that rewrites the size, and fills a field in. */
function rewriteSizes(): void {
  const apply = rig.api.apply.bind(rig.api);
  rig.api.apply = async (resource, object, options, signal) =>
    apply(resource, { ...object, ...{ spec: { size: '1Gi', class: 'default' } } }, options, signal);
}

const sized = (size: unknown) => ({ ...widget('a'), spec: { size } });
const writes = () => rig.api.verbs().filter((verb) => verb === 'apply').length;

test('what is there as it should be is not written again', async () => {
  const applier = newApplier();
  expect(await reconcile(applier, sized(1))).toBe('missing');
  for (let i = 0; i < 100; i++) expect(await reconcile(applier, sized(1))).toBeUndefined();
  expect(writes()).toBe(1);
});

test('nor after a restart', async () => {
  await reconcile(newApplier(), sized(1));
  expect(await reconcile(newApplier(), sized(1))).toBeUndefined();
});

test('another intent is written, also when it only leaves something out', async () => {
  const applier = newApplier();
  await reconcile(applier, { ...widget('a', { labels: { one: '1' } }), ...sized(1) });
  await reconcile(applier, { ...sized(1), metadata: { ...key, labels: { one: '1' } } });
  expect(await reconcile(applier, sized(2))).toBe('intentChanged');
  expect(await reconcile(applier, sized(2))).toBeUndefined();
});

test('what somebody else changed is written again; what somebody added is left', async () => {
  const applier = newApplier();
  await reconcile(applier, sized(1));
  const applied = rig.informer.get(key);
  if (applied === undefined) throw new Error('nothing was applied');
  rig.api.put(widgets, { ...applied, ...{ spec: { size: 1, more: 2 } } });
  await rig.clock.advance(0);
  expect(await reconcile(applier, sized(1))).toBeUndefined();
  rig.api.put(widgets, { ...applied, ...{ spec: { size: 5 } } });
  await rig.clock.advance(0);
  expect(await reconcile(applier, sized(1))).toBe('drifted');
  expect(rig.informer.get(key)).toMatchObject({ spec: { size: 1 } });
});

test('fields of others are taken over on the object that is named by its uid only', async () => {
  const applier = newApplier();
  await applier.apply('owner', widgets, sized(1), never);
  await reconcile(applier, sized(2));
  const forced = rig.api.calls.flatMap(({ verb, options }) => (verb === 'apply' ? [options] : []));
  expect(forced).toEqual([
    { fieldManager: 'test', force: false },
    { fieldManager: 'test', force: true },
  ]);
});

describe('where the server rewrites values', () => {
  test('they are written once only, and once more after a restart', async () => {
    rewriteSizes();
    const applier = newApplier();
    await reconcile(applier, sized('1024Mi'));
    for (let i = 0; i < 10; i++) expect(await reconcile(applier, sized('1024Mi'))).toBeUndefined();
    const restarted = newApplier();
    expect(await reconcile(restarted, sized('1024Mi'))).toBe('drifted');
    expect(await reconcile(restarted, sized('1024Mi'))).toBeUndefined();
  });

  test('what somebody else makes of them is written again', async () => {
    rewriteSizes();
    const applier = newApplier();
    await reconcile(applier, sized('1024Mi'));
    const applied = rig.informer.get(key);
    if (applied === undefined) throw new Error('nothing was applied');
    rig.api.put(widgets, { ...applied, ...{ spec: { size: '7Gi' } } });
    await rig.clock.advance(0);
    expect(await reconcile(applier, sized('1024Mi'))).toBe('drifted');
  });

  test('a new object of the same name is looked at anew', async () => {
    rewriteSizes();
    const applier = newApplier();
    await reconcile(applier, sized('1024Mi'));
    const applied = rig.informer.get(key);
    if (applied === undefined) throw new Error('nothing was applied');
    rig.api.remove(widgets, key);
    rig.api.put(widgets, { ...applied, metadata: { ...applied.metadata, uid: 'other' } });
    await rig.clock.advance(0);
    expect(await reconcile(applier, sized('1024Mi'))).toBe('drifted');
  });
});

describe('a status', () => {
  async function writeStatus(applier: Applier, status: Readonly<Record<string, unknown>>): Promise<boolean> {
    const observed = rig.informer.get(key);
    if (observed === undefined) throw new Error('nothing to give a status');
    const written = await applier.applyStatus('owner', widgets, { object: { ...sized(1), status }, observed }, never);
    await rig.clock.advance(0);
    return written !== undefined;
  }

  test('is written when it differs, in what it has or in what it lacks', async () => {
    const applier = newApplier();
    await reconcile(applier, sized(1));
    const statuses = [{ ready: 0 }, { ready: 0 }, { ready: 0, nodes: [] }, { ready: 0 }, { ready: 1 }];
    const outcomes: boolean[] = [];
    for (const status of statuses) outcomes.push(await writeStatus(applier, status));
    expect(outcomes).toEqual([true, false, true, true, true]);
    expect(rig.api.calls.at(-1)?.options).toMatchObject({ subresource: 'status', fieldManager: 'test' });
    expect(rig.api.calls.at(-1)?.object).not.toHaveProperty('spec');
  });

  test('of which the server does not keep all is written once only', async () => {
    const applier = newApplier();
    await reconcile(applier, sized(1));
    const apply = rig.api.apply.bind(rig.api);
    rig.api.apply = async (resource, object, options, signal) =>
      apply(resource, { ...object, ...{ status: { ready: 1 } } }, options, signal);
    const outcomes: boolean[] = [];
    for (let i = 0; i < 5; i++) outcomes.push(await writeStatus(applier, { ready: 1, unknown: 2 }));
    expect(outcomes).toEqual([true, false, false, false, false]);
  });
});
