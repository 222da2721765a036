// SPDX-License-Identifier: Apache-2.0
import { claims } from '../kinds/infrastructure.ts';
import { type StatefulSet, pods, statefulSets } from '../kinds/workloads.ts';
import { claimTemplates, statefulSet } from './fixtures.ts';
import { type Scenario, sources } from './scenario.ts';
import type { ScenarioTools } from './scenario-tools.ts';

const base: Partial<StatefulSet['spec']> = {
  podManagementPolicy: 'Parallel',
  replicas: 2,
  volumeClaimTemplates: claimTemplates,
};

function retaining(whenDeleted: string, whenScaled: string): Partial<StatefulSet['spec']> {
  return { ...base, persistentVolumeClaimRetentionPolicy: { whenDeleted, whenScaled } };
}

async function claimNames(t: ScenarioTools): Promise<string> {
  return (await t.list(claims)).map((one) => one.metadata.name).join();
}

async function upAndBound(t: ScenarioTools, spec: Partial<StatefulSet['spec']>): Promise<void> {
  await t.apply(statefulSets, statefulSet(t, spec));
  for (let ordinal = 0; ordinal < (spec.replicas ?? 0); ordinal++) await t.becomesReady(`web-${ordinal}`);
}

export const statefulSetClaims: readonly Scenario[] = [
  {
    title: 'each pod has a claim of its own, which outlives it and comes back with its ordinal',
    source: `${sources.statefulSet}#stable-storage`,
    async run(t: ScenarioTools) {
      await upAndBound(t, base);
      t.equal(await claimNames(t), 'data-web-0,data-web-1', 'the claims');
      const { uid } = (await t.must(claims, 'data-web-1')).metadata;
      await t.apply(statefulSets, statefulSet(t, { ...base, replicas: 1 }));
      await t.eventually('web-1 is gone', async () => (await t.podNames()).join() === 'web-0');
      await t.stays('its claim is kept', async () => (await claimNames(t)) === 'data-web-0,data-web-1');
      await t.apply(statefulSets, statefulSet(t, base));
      await t.becomesReady('web-1');
      t.equal((await t.must(claims, 'data-web-1')).metadata.uid, uid, 'the claim of the second web-1');
    },
  },
  {
    title: 'claims are kept when the set is deleted',
    source: `${sources.statefulSet}#persistentvolumeclaim-retention`,
    async run(t: ScenarioTools) {
      await upAndBound(t, base);
      await t.delete(statefulSets, 'web', { propagation: 'Background' });
      await t.eventually('the pods are gone', async () => (await t.podNames()).length === 0);
      await t.stays('the claims are kept', async () => (await claimNames(t)) === 'data-web-0,data-web-1');
    },
  },
  {
    title: 'whenScaled: Delete removes the claims of pods that are scaled away, and no others',
    source: `${sources.statefulSet}#persistentvolumeclaim-retention`,
    async run(t: ScenarioTools) {
      await upAndBound(t, retaining('Retain', 'Delete'));
      await t.delete(pods, 'web-0');
      await t.becomesReady('web-0');
      await t.stays('a pod that is made again keeps its claim', async () =>
        (await claimNames(t)).startsWith('data-web-0'),
      );
      await t.apply(statefulSets, statefulSet(t, { ...retaining('Retain', 'Delete'), replicas: 1 }));
      await t.eventually('one claim is left', async () => (await claimNames(t)) === 'data-web-0');
    },
  },
  {
    title: 'whenDeleted: Delete removes the claims with the set',
    source: `${sources.statefulSet}#persistentvolumeclaim-retention`,
    async run(t: ScenarioTools) {
      await upAndBound(t, retaining('Delete', 'Retain'));
      await t.apply(statefulSets, statefulSet(t, { ...retaining('Delete', 'Retain'), replicas: 1 }));
      await t.eventually('web-1 is gone', async () => (await t.podNames()).join() === 'web-0');
      await t.stays('scaling keeps the claims', async () => (await claimNames(t)) === 'data-web-0,data-web-1');
      await t.delete(statefulSets, 'web', { propagation: 'Background' });
      await t.eventually(
        'the claims of pods that were there are gone',
        async () => !(await claimNames(t)).includes('web-0'),
      );
    },
  },
  {
    title: 'a claim that is deleted stays until no pod uses it; the next pod gets a new one',
    source: `${sources.volumes}#storage-object-in-use-protection`,
    async run(t: ScenarioTools) {
      await upAndBound(t, base);
      const { uid } = (await t.must(claims, 'data-web-1')).metadata;
      await t.delete(claims, 'data-web-1', { uid });
      await t.stays('the claim is there, on its way out', async () => {
        const claim = await t.must(claims, 'data-web-1');
        return claim.metadata.uid === uid && claim.metadata.deletionTimestamp !== undefined;
      });
      await t.delete(pods, 'web-1');
      await t.eventually('there is another claim', async () => {
        const claim = await t.get(claims, 'data-web-1');
        return claim !== undefined && claim.metadata.uid !== uid;
      });
      await t.becomesReady('web-1');
    },
  },
  {
    title: 'a claim asks for more if its storage class can grow, and never for less than it has',
    source: `${sources.volumes}#expanding-persistent-volumes-claims`,
    async run(t: ScenarioTools) {
      await upAndBound(t, { ...base, replicas: 1 });
      const sized = async (storage: string): Promise<string> => {
        const claim = await t.must(claims, 'data-web-0');
        return t.refusal(() =>
          t.replace(claims, { ...claim, spec: { ...claim.spec, resources: { requests: { storage } } } }),
        );
      };
      t.equal(await sized('32Mi'), '422 Invalid', 'the answer to less');
      t.equal(await sized('128Mi'), t.target.growsVolumes ? 'done' : '403 Forbidden', 'the answer to more');
      if (!t.target.growsVolumes) return;
      await t.eventually('the capacity has grown', async () => {
        return (await t.must(claims, 'data-web-0')).status?.capacity?.storage === '128Mi';
      });
    },
  },
];
