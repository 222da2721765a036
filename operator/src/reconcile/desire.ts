// SPDX-License-Identifier: Apache-2.0
import type { ShortLinkCluster } from '../crd/shortlink-cluster.gen.ts';
import { clusterInputOf } from '../desired/cluster-input-of.ts';
import type { ClusterInput, Facts } from '../desired/cluster-input.ts';
import { adminTokenSecret, settledInitialReplicas } from '../desired/configuration.ts';
import { issuedCertificate } from '../desired/certificates.ts';
import { desiredObjects, type DesiredObject } from '../desired/desired-objects.ts';
import { objectNames } from '../desired/names.ts';
import { podHash } from '../desired/pod-hash.ts';
import { resources } from '../desired/resources.ts';
import type { Observed } from '../plan/observed.ts';
import type { KubeObject } from '../ports/kube-api.ts';
import type { Random } from '../ports/random.ts';
import type { Applier } from '../runtime/writes/applier.ts';
import type { Caches } from './caches.ts';
import type { StatefulSetObject } from './kube-views.ts';
import type { LookedAt } from './secrets.ts';

/** What a cluster should have, and how that differs from what there is. */
export interface Desire {
  readonly input: ClusterInput;
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
  readonly lookedAt: LookedAt;
  readonly applier: Pick<Applier, 'reasonToApply'>;
  readonly random: Random;
}

export function desire({ cluster, image, formed, caches, lookedAt, applier, random }: DesireInput): Desire {
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
    servesPodMonitors: caches.absence(resources.podMonitor) === undefined,
    claimSize: set?.spec?.volumeClaimTemplates?.[0]?.spec?.resources?.requests?.storage,
  };
  const { present, absent } = desiredObjects(input, facts);
  const secret = tokenSecret(cluster, input, random);
  const request = certificateRequest(cluster, input, lookedAt);
  const objects = new Map([...secret, ...request.wanted, ...present].map((desired) => [nameOf(desired), desired]));
  const missing = lookedAt.tokens === undefined ? secret.map(nameOf) : [];
  // Without a StatefulSet it is a question of how many pods there are to be.
  const applied = present.filter(({ resource }) => resource !== resources.statefulSet || set !== undefined);
  const isOutdated = ({ object }: DesiredObject, found: KubeObject | undefined): boolean =>
    applier.reasonToApply(object, found) !== undefined;
  const changed = [
    ...request.wanted.filter((one) => isOutdated(one, lookedAt.request)),
    ...applied.filter((one) => isOutdated(one, inCache(one))),
  ].map(nameOf);
  const unwanted = absent.map(({ resource, name: object }) => caches.get(resource, { namespace, name: object }));
  const stray = [...unwanted, ...request.unwanted].flatMap((found) => strayOf(cluster, found) ?? []);
  return {
    input,
    objects,
    createOnly: new Set(secret.map(nameOf)),
    outdated: [...missing, ...changed],
    stray,
    templateHash: podHash(input.pod),
    statefulSet: (replicas) => statefulSetOf(input, { ...facts, replicas }),
  };
}

/** Of cert-manager, where it makes the certificate; elsewhere it is unwanted. */
function certificateRequest(
  { spec: { tls } }: ShortLinkCluster,
  input: ClusterInput,
  { request, makerProblem }: LookedAt,
): { readonly wanted: readonly DesiredObject[]; readonly unwanted: readonly (KubeObject | undefined)[] } {
  if (tls.mode !== 'CertManager') return { wanted: [], unwanted: [request] };
  // It could not even be seen whether it is there.
  if (makerProblem !== undefined) return { wanted: [], unwanted: [] };
  return { wanted: [{ resource: resources.certificate, object: issuedCertificate(input, tls) }], unwanted: [] };
}

/** Of an object that nothing has a use for; undefined when it is not the cluster's own. */
function strayOf({ metadata }: ShortLinkCluster, found: KubeObject | undefined): Desire['stray'][number] | undefined {
  if (found === undefined) return undefined;
  const { uid, resourceVersion, name, ownerReferences } = found.metadata;
  const isOurs = ownerReferences?.some((owner) => owner.uid === metadata.uid) === true;
  if (uid === undefined || resourceVersion === undefined || !isOurs) return undefined;
  return { object: `${found.kind} ${name}`, uid, resourceVersion };
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
