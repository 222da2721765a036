// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from 'vitest';
import { errors } from '../../testing/gateway/faults.ts';
import { resources } from '../desired/resources.ts';
import { KubeError } from '../ports/kube-api.ts';
import { Scene } from './testing/scene.ts';

const never = new AbortController().signal;

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});

async function rounds(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await scene.round();
}

async function condition(type: string) {
  const { status } = await scene.cluster();
  return status?.conditions?.find((one) => one.type === type);
}

const statusWrites = () => scene.life.gateway.writes.filter(({ subresource }) => subresource === 'status').length;

describe('what cannot be read and nothing can be decided without', () => {
  it('is said in the status of a cluster that has none yet: Secrets', async () => {
    scene.life.gateway.fail({ verb: 'get', plural: 'secrets', error: errors.forbidden(), times: Infinity });
    await scene.want({});
    await rounds(5);
    expect(await condition('Degraded')).toMatchObject({
      status: 'True',
      reason: 'StepFailed',
      message: 'looking at Secrets failed: not allowed. Until then, the rest of the status is as it was.',
      observedGeneration: 1,
    });
    expect(statusWrites()).toBe(1);
    // It is tried again by the rules for what fails.
    expect(scene.errors.at(-1)).toBeInstanceOf(KubeError);
    const made = await scene.kubectl.list(resources.statefulSet, { namespace: 'default' }, never);
    expect(made.items).toEqual([]);
    scene.life.gateway.faults.clear();
    await scene.settle();
    expect(await condition('Degraded')).toMatchObject({ status: 'False', reason: 'Whole' });
  });

  it('leaves the rest of the status as it was: the token for the nodes', async () => {
    await scene.want({});
    const { status: before } = await scene.settle();
    const report = scene.store.report.bind(scene.store);
    scene.store.report = async () => {
      throw errors.forbidden();
    };
    await rounds(3);
    const message = expect.stringContaining('asking the nodes failed: not allowed');
    expect(await condition('Degraded')).toMatchObject({ status: 'True', reason: 'StepFailed', message });
    const others = (conditions: typeof before) => ({
      ...conditions,
      conditions: conditions?.conditions?.filter(({ type }) => type !== 'Degraded'),
    });
    expect(others((await scene.cluster()).status)).toEqual(others(before));
    scene.store.report = report;
    const { status: after } = await scene.settle();
    expect(after?.conditions?.map(({ type }) => type)).toEqual(before?.conditions?.map(({ type }) => type));
  });

  it('is the error that counts, also when the status cannot be written either', async () => {
    await scene.want({});
    scene.life.gateway.fail({ verb: 'get', plural: 'secrets', error: errors.forbidden(), times: Infinity });
    scene.life.gateway.fail({ verb: 'apply', error: errors.internal(), times: Infinity });
    await rounds(3);
    expect(scene.errors.at(-1)).toMatchObject({ message: 'not allowed' });
  });
});
