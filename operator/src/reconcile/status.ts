// SPDX-License-Identifier: Apache-2.0
import type {
  NodesItemStatus,
  PlanStatus,
  ShardsItemStatus,
  ShortLinkClusterStatus,
} from '../crd/shortlink-cluster.gen.ts';
import { selectorText } from '../desired/names.ts';
import type { StoreNode, StoreState } from '../plan/observed.ts';
import { conditionsOf, type Situation } from './conditions.ts';
import { timeText } from './time-text.ts';

export interface StatusInput extends Situation {
  /** Of new pods. */
  readonly image: string;
  /** Of the last upload that was ordered. */
  readonly upload: ShortLinkClusterStatus['upload'];
}

/** The whole status, from what was seen: nothing is kept of the last one but times, and what nobody else remembers. */
export function statusOf(input: StatusInput): ShortLinkClusterStatus {
  const { cluster, observed, image, upload } = input;
  const { metadata, status: before } = cluster;
  const { pods, store } = observed;
  const fenced = pods.filter(({ isFenced }) => isFenced).map(({ name }) => name);
  const seen = store === undefined ? undefined : storeStatus(store, fenced);
  return {
    ...(metadata.generation === undefined ? {} : { observedGeneration: metadata.generation }),
    conditions: conditionsOf(input),
    image,
    replicas: pods.length,
    readyReplicas: pods.filter(({ isReady }) => isReady).length,
    selector: selectorText(metadata.name),
    // While nobody answers, what was true last is more use than nothing; the conditions say that it is old.
    ...pick(before, [
      'defaultImage',
      'defaultImagePullPolicy',
      'clusterID',
      'nodes',
      'version',
      'shards',
      'shardCount',
      'ring',
      'chunks',
      'operatorEpoch',
    ]),
    ...seen,
    ...(upload === undefined ? {} : { upload }),
    ...planOf(input),
  };
}

type Seen = Pick<
  ShortLinkClusterStatus,
  'clusterID' | 'nodes' | 'version' | 'shards' | 'shardCount' | 'ring' | 'chunks' | 'operatorEpoch'
>;

function storeStatus(store: StoreState, fenced: readonly string[]): Seen {
  const { clusterId, nodes, shards, chunks, ringEpoch, operatorEpoch, brake } = store;
  const version = oldest(nodes.flatMap((node) => node.version ?? []));
  const data = shards.filter(({ id }) => id !== 0);
  const balanced = chunks.underReplicated === 0 && chunks.moving === 0;
  return {
    clusterID: clusterId,
    nodes: nodes.map((node) => nodeStatus(node, store, fenced)),
    ...(version === undefined ? {} : { version }),
    shardCount: data.length,
    shards: data.map(({ id, replicas, leaderNodeId }): ShardsItemStatus => {
      const leader = nodes.find((node) => node.id === leaderNodeId)?.name;
      const learners = replicas.filter(({ isLearner }) => isLearner).length;
      return { id, ...(leader === undefined ? {} : { leader }), voters: replicas.length - learners, learners };
    }),
    ring: { epoch: ringEpoch, balanced, ...(brake === '' ? {} : { held: brake }) },
    chunks: { total: chunks.total, underReplicated: chunks.underReplicated },
    operatorEpoch,
  };
}

/** Numbers are compared as numbers: 0.9.0 is older than 0.10.0. */
function oldest(versions: readonly string[]): string | undefined {
  return versions.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }))[0];
}

function nodeStatus(node: StoreNode, { shards }: StoreState, fenced: readonly string[]): NodesItemStatus {
  const { id, name, zone, isDraining, liveness, chunksHeld, version } = node;
  const running = fenced.includes(name) ? 'FENCED' : liveness.toUpperCase();
  return {
    id,
    pod: name,
    zone,
    state: isDraining ? 'DRAINING' : running,
    shardsLed: shards.filter((shard) => shard.id !== 0 && shard.leaderNodeId === id).length,
    ...(chunksHeld === undefined ? {} : { chunksHeld }),
    ...(version === undefined ? {} : { version }),
  };
}

function planOf({ cluster, observed, plan }: Situation): { readonly plan?: PlanStatus } {
  const [next] = plan.steps;
  if (next === undefined && plan.waitingFor === undefined) return {};
  const step = next === undefined ? 'wait' : stepText(next.action);
  const before = cluster.status?.plan;
  const now = timeText(observed.nowMs);
  return {
    plan: {
      step,
      ...(plan.waitingFor === undefined ? {} : { waitingFor: plan.waitingFor }),
      ...(next === undefined ? {} : { reason: next.reason }),
      since: before?.step === step && before.since !== undefined ? before.since : now,
      remaining: Math.max(0, plan.steps.length - 1),
    },
  };
}

/** `deletePod links-2`: the kind of a step, and what it is about. */
export function stepText({ kind, ...about }: { readonly kind: string; readonly [field: string]: unknown }): string {
  const words = Object.values(about).filter((one) => typeof one === 'string' || typeof one === 'number');
  return [kind, ...words].join(' ');
}

function pick<T extends object, K extends keyof T>(from: T | undefined, keys: readonly K[]): Partial<Pick<T, K>> {
  const picked: Partial<Pick<T, K>> = {};
  for (const key of keys) if (from?.[key] !== undefined) picked[key] = from[key];
  return picked;
}
