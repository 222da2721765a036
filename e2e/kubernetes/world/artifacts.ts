// SPDX-License-Identifier: Apache-2.0
import { inspect } from 'node:util';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { KubeObject } from '../../../operator/src/ports/kube-api.ts';
import { clusters } from '../../../operator/src/reconcile/watched.ts';
import { kinds, type ResourceOf } from './objects.ts';
import type { World } from './world.ts';

/** Secrets are not among them: reports are passed on. */
const kept: readonly ResourceOf<KubeObject>[] = [
  clusters,
  kinds.pods,
  kinds.claims,
  kinds.statefulSets,
  kinds.services,
  kinds.configMaps,
  kinds.budgets,
  kinds.events,
];

/** Writes down what can be known of a scenario that has failed: objects, events, logs of its pods and of the operator. */
export async function keepArtifacts(world: World, folder: string, error: unknown): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const write = async (name: string, content: () => string | Promise<string>): Promise<void> => {
    try {
      writeFileSync(join(folder, name), await content());
    } catch (failure) {
      writeFileSync(join(folder, `${name}.missing`), String(failure));
    }
  };
  await write('failure.txt', () => inspect(error));
  for (const resource of kept) {
    await write(`${resource.plural}.yaml`, async () => {
      const objects = await world.objects.list(resource, world.namespace);
      return objects.map((object) => stringify(object)).join('---\n');
    });
  }
  await write('nodes.yaml', async () => stringify(await world.objects.list(kinds.machines)));
  await write('operator.log', async () => world.provider.operator.log());
  const pods = await world.objects.list(kinds.pods, world.namespace).catch(() => []);
  for (const { metadata } of pods) {
    await write(`${metadata.name}.log`, async () => world.provider.podLog(world.namespace, metadata.name));
  }
}
