// SPDX-License-Identifier: Apache-2.0
import { assert } from '@shortlink/common/assert.ts';
import { durationMs } from '../crd/duration.ts';
import { nodeOptionValues } from '../crd/node-option-values.ts';
import { wholeBytes } from '../crd/quantity.ts';
import type { ShortLinkCluster } from '../crd/shortlink-cluster.gen.ts';
import type { ClusterInput, PodInput, PodOverlay, RebuildInput } from './cluster-input.ts';
import { objectNames } from './names.ts';

/** What the builders need of a cluster with its defaults (readCluster). `image`: of the spec, or as it was settled. */
export function clusterInputOf(cluster: ShortLinkCluster, image: string): ClusterInput {
  const { metadata, spec } = cluster;
  return {
    name: metadata.name,
    namespace: metadata.namespace ?? 'default',
    // There is none yet where somebody only asks for the plan.
    uid: metadata.uid ?? '',
    suspend: spec.suspend,
    storage: { ...spec.storage, size: wholeBytes(spec.storage.size) },
    services: spec.services,
    networkPolicy: spec.networkPolicy.enabled,
    podMonitor: spec.monitoring.podMonitor.enabled ? spec.monitoring.podMonitor : undefined,
    rebuild: rebuildOf(spec.bootstrap),
    pod: podInputOf(cluster, image),
  };
}

function podInputOf(cluster: ShortLinkCluster, image: string): PodInput {
  const { metadata, spec, status } = cluster;
  const { scheduling, shutdown, objectStore, apiTokens } = spec;
  return {
    image,
    imagePullPolicy: spec.imagePullPolicy ?? status?.defaultImagePullPolicy ?? 'IfNotPresent',
    imagePullSecrets: (spec.imagePullSecrets ?? []).map(({ name }) => name),
    options: nodeOptionValues(cluster),
    lameDuckMs: readDuration(shutdown.lameDuck),
    stopTimeoutMs: readDuration(shutdown.timeout),
    credentialsSecret: objectStore?.credentialsSecretRef?.name,
    tlsSecret: tlsSecretOf(cluster),
    tokensSecret: apiTokens.secretRef?.name ?? objectNames(metadata.name).adminToken,
    resources: { ...spec.resources },
    ...scheduling,
    tolerations: scheduling.tolerations?.map((toleration) => ({ ...toleration })),
    podTemplate: overlayOf(spec.podTemplate),
  };
}

function rebuildOf(bootstrap: ShortLinkCluster['spec']['bootstrap']): RebuildInput | undefined {
  const from = bootstrap?.fromObjectStore;
  if (from === undefined) return undefined;
  const { url, clusterID: clusterId, mode, skipDamaged, again } = from;
  return { url, clusterId, adopt: mode === 'Adopt', skipDamaged, again };
}

function tlsSecretOf({ metadata, spec: { tls } }: ShortLinkCluster): string | undefined {
  if (tls.mode === 'Disabled') return undefined;
  return tls.mode === 'Secret' ? tls.secretRef?.name : objectNames(metadata.name).nodesTls;
}

function overlayOf(template: ShortLinkCluster['spec']['podTemplate']): PodOverlay | undefined {
  if (template === undefined) return undefined;
  const { metadata, spec } = template;
  return { labels: metadata?.labels, annotations: metadata?.annotations, spec };
}

function readDuration(text: string): number {
  const value = durationMs(text);
  assert(value !== undefined, `the time ${text} was checked with the object`);
  return value;
}
