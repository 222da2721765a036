// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { CrashPoints } from '../../testing/gateway/crash-points.ts';
import { OperatorLife } from './testing/operator-life.ts';
import { key, Scene } from './testing/scene.ts';

describe('two operators that both believe to lead (K-I10)', () => {
  it('the one that took charge first is refused by the store, and all ends as it should', async () => {
    const scene = new Scene();
    await scene.want({ replicas: 4 });
    await scene.settle();
    const old = scene.life;
    scene.life = new OperatorLife(scene.double, scene.store, new CrashPoints());
    const refusals: string[] = [];
    await scene.want({ replicas: 3, image: 'shortlink/node:next' });
    for (let round = 0; round < 60; round++) {
      await scene.round(() => scene.store.model.assertQuorums('with two operators'));
      const error = await old.reconcile(key);
      if (error !== undefined) refusals.push(error instanceof Error ? error.message : 'no error');
      scene.store.model.assertQuorums('with two operators');
    }
    old.end();
    const { status } = await scene.settle();
    expect(refusals.some((text) => text.includes('somebody else is in charge'))).toBe(true);
    expect(scene.store.model.operatorEpoch).toBe(2);
    expect(status).toMatchObject({ readyReplicas: 3, operatorEpoch: 2 });
    expect(scene.store.model.nodes.map(({ name }) => name).toSorted()).toEqual(['links-0', 'links-1', 'links-2']);
  });
});
