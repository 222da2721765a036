// SPDX-License-Identifier: Apache-2.0
import { expect } from 'vitest';
import type { KubeObject } from '../../../../operator/src/ports/kube-api.ts';
import { eventually } from '../../../harness/wait.ts';
import { kinds, type ResourceOf } from '../../world/objects.ts';
import { scenario } from '../../world/scenario.ts';
import { condition } from '../../world/tested-cluster.ts';

interface StorageClass extends KubeObject {
  readonly allowVolumeExpansion?: boolean;
}

const storageClasses: ResourceOf<StorageClass> = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  plural: 'storageclasses',
  namespaced: false,
};

scenario(
  'volumes grow while they serve, or the cluster says which class cannot',
  { limitMs: 420_000 },
  async (world) => {
    const cluster = await world.cluster();
    const uids = await cluster.podUids();
    await using load = await world.load(cluster);
    const claims = async () => world.objects.list(kinds.claims, world.namespace, cluster.selector);
    const name = (await claims())[0]?.spec.storageClassName ?? 'standard';
    const storageClass = await world.objects.get(storageClasses, { namespace: undefined, name });
    await cluster.apply({ storage: { size: '2Gi' } });
    if (storageClass?.allowVolumeExpansion === true) {
      const haveGrown = async (): Promise<boolean> =>
        (await claims()).every(({ status }) => status?.capacity?.storage === '2Gi');
      await eventually('the volumes to have grown', haveGrown, 180_000);
      await cluster.untilWhole(120_000);
      world.measure('volumes', 'grown');
    } else {
      await cluster.until(
        'the cluster to say that the class cannot',
        (seen) => /storage class does not allow volumes to grow/.test(condition(seen, 'Degraded')?.message ?? ''),
        120_000,
      );
      world.measure('volumes', `class ${name} cannot, and the cluster says so`);
    }
    await load.goesOn();
    expect(await cluster.podUids()).toEqual(uids);
    expect(await load.verdict()).toEqual([]);
    expect(load.failures).toEqual([]);
  },
);
