// SPDX-License-Identifier: Apache-2.0
import { expect } from 'vitest';
import { createLink, visit } from '../../../harness/links-api.ts';
import { eventually } from '../../../harness/wait.ts';
import { asTarget } from '../../provider.ts';
import { kinds } from '../../world/objects.ts';
import { scenario } from '../../world/scenario.ts';
import { baseSpec, TestedCluster } from '../../world/tested-cluster.ts';
import { clusterName, type World } from '../../world/world.ts';

const wholeMs = 240_000;
const url = 'https://example.com/kept';

scenario(
  'what the charts install passes helm test, and an upgrade, an uninstallation and another installation keep the links',
  { limitMs: 900_000, needs: ['helm'] },
  async (world) => {
    const { provider, namespace } = world;
    const release = { namespace, name: clusterName };
    const chart = provider.clusterChart();
    const cluster = new TestedCluster(world.objects, release, {});
    const spec = { ...baseSpec, ...provider.specs };

    await chart.install(release, spec);
    await cluster.untilWhole(wholeMs);
    await world.timed('helm test', async () => chart.test(release));
    const target = asTarget(await world.expose(cluster), await cluster.token());
    expect((await createLink(target, { url, code: 'kept' }, { 'idempotency-key': 'kept' })).status).toBe(201);

    await chart.install(release, { ...spec, redirect: { maxAgeSeconds: 7 } });
    await cluster.untilWhole(wholeMs);
    expect(await visit(target, 'kept')).toEqual({ status: 302, location: url });

    const pods = await cluster.podUids();
    await provider.operator.reinstall();
    await cluster.untilWhole(wholeMs);
    expect(await cluster.podUids()).toEqual(pods);

    const volumes = await claimsOf(world);
    await chart.uninstall(release);
    await eventually('the pods to end', async () => (await cluster.pods()).length === 0, wholeMs);
    expect(await claimsOf(world)).toEqual(volumes);

    await chart.install(release, spec);
    await cluster.untilWhole(wholeMs);
    expect(await visit(target, 'kept')).toEqual({ status: 302, location: url });
    expect(await claimsOf(world)).toEqual(volumes);
  },
);

async function claimsOf({ objects, namespace }: World): Promise<readonly (string | undefined)[]> {
  const claims = await objects.list(kinds.claims, namespace);
  return claims.map(({ metadata }) => metadata.uid).toSorted();
}
