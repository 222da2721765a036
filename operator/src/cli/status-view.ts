// SPDX-License-Identifier: Apache-2.0
import type { ConditionsItemStatus, NodesItemStatus, ShortLinkCluster } from '../crd/shortlink-cluster.gen.ts';
import { nodeContainer } from '../desired/names.ts';
import { isTrue, type PodObject } from '../reconcile/kube-views.ts';
import { podProblem } from '../reconcile/observe.ts';

/** `links-10` after `links-9`. */
const byName = new Intl.Collator('en', { numeric: true });

/** Conditions that are bad when they are true; `news` only say what goes on; the others are bad unless they are true. */
const badWhenTrue = ['Degraded'];
const news = ['Progressing', 'Scaling', 'Upgrading', 'StorageResizing', 'Paused', 'Suspended'];

/** A cluster at a glance: what the operator wrote down, with what its pods are at this moment. */
export function statusView(cluster: ShortLinkCluster, pods: readonly PodObject[] | undefined) {
  const { metadata, spec, status = {} } = cluster;
  const { conditions = [], nodes = [], shards = [] } = status;
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    phase: phaseOf(cluster),
    // Older than the spec while the operator is away, or has not come to it.
    isCurrent: status.observedGeneration === metadata.generation,
    replicas: { wanted: spec.replicas, ready: status.readyReplicas ?? 0 },
    image: status.image ?? null,
    version: status.version ?? null,
    clusterID: status.clusterID ?? null,
    operatorEpoch: status.operatorEpoch ?? null,
    nodes: nodesView(nodes, pods),
    shardCount: status.shardCount ?? shards.length,
    shards,
    shardsWithoutLeader: shards.filter(({ leader }) => leader === undefined).map(({ id }) => id),
    ring: status.ring ?? null,
    chunks: status.chunks ?? null,
    upload: status.upload ?? null,
    plan: status.plan ?? null,
    // When they end is in its words.
    certificates: conditions.find(({ type }) => type === 'CertificatesValid')?.message ?? null,
    badConditions: conditions.filter(isBad),
    conditions,
  };
}

export type StatusView = ReturnType<typeof statusView>;

/** In a word: the worst that there is to say. */
function phaseOf({ metadata, spec, status }: ShortLinkCluster): string {
  if (metadata.deletionTimestamp !== undefined) return 'Deleting';
  if (status?.conditions === undefined) return 'Unseen';
  if (spec.suspend) return 'Suspended';
  const find = (type: string) => status.conditions?.find((one) => one.type === type);
  const going = find('Progressing');
  if (!isTrue(status.conditions, 'Ready')) return going?.status === 'True' ? `NotReady, ${going.reason}` : 'NotReady';
  const isDegraded = isTrue(status.conditions, 'Degraded');
  if (going?.status === 'True') return isDegraded ? `${going.reason}, degraded` : going.reason;
  if (isDegraded) return 'Degraded';
  return spec.paused ? 'Paused' : 'Ready';
}

function isBad({ type, status, reason }: ConditionsItemStatus): boolean {
  // Where there is no object store, nobody wants anything uploaded.
  if (news.includes(type) || reason === 'NoObjectStore') return false;
  return badWhenTrue.includes(type) ? status === 'True' : status !== 'True';
}

/** Members, and pods that are none yet or no more. */
function nodesView(nodes: readonly NodesItemStatus[], pods: readonly PodObject[] | undefined) {
  const strangers = (pods ?? []).filter(({ metadata }) => !nodes.some(({ pod }) => pod === metadata.name));
  return [
    ...nodes.map((node) => ({ ...node, ...podView(pods?.find(({ metadata }) => metadata.name === node.pod)) })),
    ...strangers.map((pod) => ({ pod: pod.metadata.name, id: '', zone: '', state: 'NO MEMBER', ...podView(pod) })),
  ]
    .toSorted((a, b) => byName.compare(a.pod ?? '', b.pod ?? ''))
    .map(({ shardsLed, chunksHeld, version, ...node }: NodesItemStatus & ReturnType<typeof podView>) => {
      return { ...node, shardsLed: shardsLed ?? null, chunksHeld: chunksHeld ?? null, version: version ?? null };
    });
}

/** What Kubernetes says of the pod; nothing where it may not be read or is gone. */
function podView(pod: PodObject | undefined) {
  if (pod === undefined) return { ready: null, image: null, machine: null, restarts: null, problem: null };
  const { metadata, spec, status } = pod;
  const container = status?.containerStatuses?.find(({ name }) => name === nodeContainer);
  return {
    ready: isTrue(status?.conditions, 'Ready') && metadata.deletionTimestamp === undefined,
    image: spec?.containers?.find(({ name }) => name === nodeContainer)?.image ?? null,
    machine: spec?.nodeName ?? null,
    restarts: container?.restartCount ?? 0,
    problem: metadata.deletionTimestamp === undefined ? (podProblem(pod) ?? null) : 'it is ending',
  };
}
