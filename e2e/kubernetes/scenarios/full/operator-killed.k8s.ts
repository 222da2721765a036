// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { KubeObject } from '../../../../operator/src/ports/kube-api.ts';
import { kinds } from '../../world/objects.ts';
import { scenario } from '../../world/scenario.ts';
import { isWhole, type Fields, type TestedCluster } from '../../world/tested-cluster.ts';
import type { World } from '../../world/world.ts';

const lookEveryMs = 100;
const wholeWithinMs = 420_000;

scenario(
  'an operator that is killed once after each kind of step scales and upgrades a cluster as one that lives does',
  { limitMs: 1_200_000 },
  async (world) => {
    const cluster = await world.cluster();
    const ids = await cluster.nodeIds();
    await using load = await world.load(cluster);
    const killedAfter = new Set<string>();
    for (const change of [{ replicas: 4 }, { image: world.provider.images.next }, { replicas: 3 }])
      await killAfterEachStep(world, cluster, { change, killedAfter });
    await load.goesOn();
    world.measure('killed after', [...killedAfter].join(', '));
    // What scaling down and an upgrade cannot do without; of quick ones one may be over before it is seen.
    expect([...killedAfter]).toEqual(expect.arrayContaining(['SetReplicas', 'DeletePod', 'RemoveNode']));
    expect(await cluster.nodeIds()).toEqual(ids);
    expect(await load.verdict()).toEqual([]);
    expect(load.failures).toEqual([]);
    world.measure('load', load.summary);
  },
);

interface Killing {
  readonly change: Fields;
  /** Reasons of the events of those steps after which an operator was killed. */
  readonly killedAfter: Set<string>;
}

/** Makes the change, and kills the operator when it first tells of a kind of step, until everything is as it should be. */
async function killAfterEachStep(
  world: World,
  cluster: TestedCluster,
  { change, killedAfter }: Killing,
): Promise<void> {
  let known = new Set((await stepsTold(world)).map(({ name }) => name));
  await cluster.apply(change);
  const untilMs = performance.now() + wholeWithinMs;
  while (performance.now() < untilMs) {
    const seen = await cluster.read();
    if (seen !== undefined && isWhole(seen)) return;
    const told = await stepsTold(world);
    const step = told.find(({ name, reason }) => !known.has(name) && !killedAfter.has(reason));
    if (step === undefined) {
      await sleep(lookEveryMs);
      continue;
    }
    killedAfter.add(step.reason);
    // What is told while it is killed counts: the next one may be quick.
    known = new Set(told.map(({ name }) => name));
    await world.provider.operator.kill();
  }
  await cluster.untilWhole(1);
}

/** What operators told of steps that they had done. */
async function stepsTold({ objects, namespace }: World) {
  const events = (await objects.list(kinds.events, namespace)) as readonly (KubeObject & {
    readonly reason?: string;
    readonly type?: string;
    readonly reportingController?: string;
  })[];
  return events
    .filter(({ reportingController, type }) => reportingController === 'shortlink.dev/operator' && type === 'Normal')
    .map(({ metadata, reason = '' }) => ({ name: metadata.name, reason }));
}
