// SPDX-License-Identifier: Apache-2.0
import type { ShortLinkCluster } from '../crd/shortlink-cluster.gen.ts';
import { clusterInputOf } from '../desired/cluster-input-of.ts';
import type { ClusterInput, Facts } from '../desired/cluster-input.ts';
import { adminTokenSecret, settledInitialReplicas } from '../desired/configuration.ts';
import { desiredObjects, type DesiredObject } from '../desired/desired-objects.ts';
import { objectNames } from '../desired/names.ts';
import { podHash } from '../desired/pod-hash.ts';
import { resources } from '../desired/resources.ts';
import type { Observed } from '../plan/observed.ts';
import type { Random } from '../ports/random.ts';
import type { Applier } from '../runtime/writes/applier.ts';
import type { Caches } from './caches.ts';
import type { StatefulSetObject } from './kube-views.ts';

/** What a cluster should have, and how that differs from what there is. */
export interface Desire {
  readonly objects: ReadonlyMap<string, DesiredObject>;
  /** Made once where they are missing, and never written again. */
  readonly createOnly: ReadonlySet<string>;
  readonly outdated: readonly string[];
  readonly stray: Observed['strayObjects'];
  readonly templateHash: string;
  readonly statefulSet: (replicas: number) => DesiredObject;
}

interface DesireInput {
  readonly cluster: ShortLinkCluster;
  readonly image: string;
  readonly formed: boolean;
  readonly caches: Caches;
  readonly applier: Pick<Applier, 'reasonToApply'>;
  readonly random: Random;
}

export function desire({ cluster, image, formed, caches, applier, random }: DesireInput): Desire {
  const input = clusterInputOf(cluster, image);
  const { name, namespace } = input;
  const inCache = ({ resource, object }: DesiredObject) =>
    caches.get(resource, { namespace, name: object.metadata.name });
  const set: StatefulSetObject | undefined = caches.get(resources.statefulSet, { namespace, name });
  const config = caches.get(resources.configMap, { namespace, name: objectNames(name).config });
  const facts: Facts = {
    replicas: set?.spec?.replicas ?? cluster.spec.replicas,
    initialReplicas: settledInitialReplicas(config) ?? cluster.spec.replicas,
    formed,
    claimSize: set?.spec?.volumeClaimTemplates?.[0]?.spec?.resources?.requests?.storage,
  };
  const { present, absent } = desiredObjects(input, facts);
  const secret = tokenSecret(cluster, input, random);
  const objects = new Map([...secret, ...present].map((desired) => [nameOf(desired), desired]));
  const missing = secret.filter((one) => inCache(one) === undefined).map(nameOf);
  // Without a StatefulSet it is a question of how many pods there are to be.
  const applied = present.filter(({ resource }) => resource !== resources.statefulSet || set !== undefined);
  const changed = applied.filter((one) => applier.reasonToApply(one.object, inCache(one)) !== undefined).map(nameOf);
  const stray = absent.flatMap(({ resource, name: object }) => {
    const found = caches.get(resource, { namespace, name: object })?.metadata;
    const isOurs = found?.ownerReferences?.some(({ uid }) => uid === cluster.metadata.uid) === true;
    if (found?.uid === undefined || found.resourceVersion === undefined || !isOurs) return [];
    return [{ object: `${resource.kind} ${object}`, uid: found.uid, resourceVersion: found.resourceVersion }];
  });
  return {
    objects,
    createOnly: new Set(secret.map(nameOf)),
    outdated: [...missing, ...changed],
    stray,
    templateHash: podHash(input.pod),
    statefulSet: (replicas) => statefulSetOf(input, { ...facts, replicas }),
  };
}

function tokenSecret(cluster: ShortLinkCluster, input: ClusterInput, random: Random): DesiredObject[] {
  if (cluster.spec.apiTokens.secretRef !== undefined) return [];
  const token = [...random.bytes(32)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return [{ resource: resources.secret, object: adminTokenSecret(input, token) }];
}

function statefulSetOf(input: ClusterInput, facts: Facts): DesiredObject {
  const all = desiredObjects(input, facts).present.filter(({ resource }) => resource === resources.statefulSet);
  const [set] = all;
  if (set === undefined) throw new Error('a cluster without a StatefulSet was desired');
  return set;
}

function nameOf({ resource, object }: DesiredObject): string {
  return `${resource.kind} ${object.metadata.name}`;
}
