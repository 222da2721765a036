// SPDX-License-Identifier: Apache-2.0
import type { ConditionsItemStatus, ShortLinkCluster } from '../crd/shortlink-cluster.gen.ts';
import { shardName } from '../plan/disruption.ts';
import type { Observed, StoreState } from '../plan/observed.ts';
import type { Plan, Progress } from '../plan/step.ts';
import type { UploadReport } from '../ports/store-api.ts';
import { certificatesVerdict } from './certificates/certificates-verdict.ts';
import type { ConditionType, ReasonOf } from './condition-table.ts';
import { tlsIntentOf } from './intent.ts';
import { timeText } from './time-text.ts';
import { uploadSchedule } from './upload-schedule.ts';
import { isPending } from './uploads.ts';
import { verdict, type Verdict } from './verdict.ts';

/** Generations of a shard on their way to the object store from which on it is behind; at 16 of them writes are refused. */
const manyWaiting = 4;
const lateMs = 60 * 60_000;

/** What conditions are made of. */
export interface Situation {
  readonly cluster: ShortLinkCluster;
  readonly observed: Observed;
  readonly plan: Plan;
  /** Why the last step failed, in words; undefined: it did not. */
  readonly failure: string | undefined;
  /** What of the shards is on its way to the object store; undefined: nobody says. */
  readonly uploads: readonly UploadReport[] | undefined;
  /** Why there can be no PodMonitors, in words; undefined: there can. */
  readonly podMonitorProblem?: string | undefined;
}

/** How the cluster is, each with a reason. A condition keeps its time for as long as its status stays. */
export function conditionsOf(situation: Situation): readonly ConditionsItemStatus[] {
  const { cluster, observed } = situation;
  return verdicts(situation).map((one) => conditionOf(cluster, one, observed.nowMs));
}

/** The conditions as they were, but for what keeps anybody from knowing how the cluster is. */
export function conditionsWithout(
  cluster: ShortLinkCluster,
  failure: string,
  nowMs: number,
): readonly ConditionsItemStatus[] {
  const message = `${failure}. Until then, the rest of the status is as it was.`;
  const degradedNow = conditionOf(cluster, verdict('Degraded', 'StepFailed', message), nowMs);
  const others = cluster.status?.conditions?.filter(({ type }) => type !== degradedNow.type) ?? [];
  return [...others, degradedNow];
}

function conditionOf(
  { metadata: { generation }, status }: ShortLinkCluster,
  one: Verdict,
  nowMs: number,
): ConditionsItemStatus {
  const before = status?.conditions?.find(({ type }) => type === one.type);
  const lastTransitionTime = before?.status === one.status ? before.lastTransitionTime : timeText(nowMs);
  return { ...one, lastTransitionTime, ...(generation === undefined ? {} : { observedGeneration: generation }) };
}

function verdicts(situation: Situation): Verdict[] {
  const { cluster, plan, observed } = situation;
  const during = <T extends ConditionType>(type: T, progress: Progress & ReasonOf<T>, idle: ReasonOf<T>): Verdict =>
    plan.progress === progress
      ? verdict(type, progress, doing(plan))
      : verdict(type, idle, 'There is nothing of the kind to do.');
  return [
    ready(situation),
    plan.progress === undefined
      ? verdict('Progressing', 'AsWanted', 'Everything is as the spec wants it.')
      : verdict('Progressing', plan.progress, doing(plan)),
    degraded(situation),
    during('Scaling', 'Scaling', 'NumberOfNodesAsWanted'),
    during('Upgrading', 'Upgrading', 'PodsAsWanted'),
    during('StorageResizing', 'Resizing', 'VolumesAsWanted'),
    uploads(situation),
    ring(observed.store),
    certificatesVerdict(observed, tlsIntentOf(cluster)),
    zones(observed),
    sizeAdvised(cluster.spec.replicas),
    ...monitored(situation),
    cluster.spec.paused
      ? verdict('Paused', 'SpecPaused', 'spec.paused is true: the operator only reports.')
      : verdict('Paused', 'NotPaused', 'The operator acts.'),
    cluster.spec.suspend
      ? verdict('Suspended', 'SpecSuspend', 'spec.suspend is true: there are no pods, and the volumes are kept.')
      : verdict('Suspended', 'NotSuspended', 'The pods run.'),
  ];
}

/** Redirects and writes are served: every shard has a leader and a pod answers. */
function ready({ cluster, observed: { pods, store } }: Situation): Verdict {
  if (cluster.spec.suspend) return verdict('Ready', 'Suspended', 'spec.suspend is true.');
  const count = pods.filter(({ isReady }) => isReady).length;
  if (count === 0) return verdict('Ready', 'NoPodReady', 'No pod is ready.');
  if (store === undefined)
    return verdict('Ready', 'NoAnswer', 'No pod says how the cluster is, or it has not formed yet.');
  const without = store.shards.filter(({ leaderNodeId }) => leaderNodeId === undefined);
  if (without.length > 0)
    return verdict('Ready', 'ShardsWithoutLeader', `No leader: ${without.map(({ id }) => shardName(id)).join(', ')}.`);
  return verdict(
    'Ready',
    'Serving',
    `${count} of ${cluster.spec.replicas} pods are ready, and every shard has a leader.`,
  );
}

function degraded({ cluster, observed, plan, failure }: Situation): Verdict {
  if (failure !== undefined) return verdict('Degraded', 'StepFailed', failure);
  const [refusal] = plan.refusals;
  if (refusal !== undefined) return verdict('Degraded', 'Refused', refusal);
  if (cluster.spec.suspend) return verdict('Degraded', 'Suspended', 'spec.suspend is true.');
  const fenced = observed.pods.filter(({ isFenced }) => isFenced).map(({ name }) => name);
  if (fenced.length > 0) return verdict('Degraded', 'NodesFenced', `Fenced by spec.fencedNodes: ${fenced.join(', ')}.`);
  const sick = observed.pods.find(({ isReady, problem }) => !isReady && problem !== undefined);
  if (sick !== undefined) return verdict('Degraded', 'PodNotReady', `Pod ${sick.name}: ${sick.problem}.`);
  const gone = observed.store?.nodes.find(({ liveness }) => liveness !== 'alive');
  if (gone !== undefined)
    return verdict('Degraded', 'NodeNotAlive', `Node ${gone.name} (${gone.id}) is ${gone.liveness}.`);
  return verdict('Degraded', 'Whole', 'Every node is alive.');
}

function uploads({ cluster, observed: { nowMs, store }, uploads: shards }: Situation): Verdict {
  const type = 'UploadsHealthy';
  if (cluster.spec.objectStore === undefined)
    return verdict(type, 'NoObjectStore', 'There is no spec.objectStore: links are on the nodes only.');
  const schedule = uploadSchedule(cluster);
  if (schedule !== undefined && 'problem' in schedule) return verdict(type, 'WrongSchedule', schedule.problem);
  if (shards === undefined) return verdict(type, 'NoAnswer', 'No node says what it uploads.');
  const behind = shards.filter(({ waiting }) => waiting >= manyWaiting);
  if (behind.length > 0)
    return verdict(
      type,
      'Behind',
      `The object store does not take what it is given: ${behind.map(waitingText).join(', ')}.`,
    );
  const failing = store?.nodes.find(({ storeProblem }) => storeProblem !== undefined);
  if (failing?.storeProblem !== undefined)
    return verdict(type, 'Failing', `Node ${failing.name}: ${failing.storeProblem}`);
  const { requestedAt = '', completedAt } = cluster.status?.upload ?? {};
  const waiting = shards.filter((one) => isPending(one, requestedAt));
  if (completedAt === undefined && waiting.length > 0 && nowMs - Date.parse(requestedAt) > lateMs)
    return verdict(
      type,
      'Late',
      `The upload of ${requestedAt} is not complete: ${waiting.map(waitingText).join(', ')}.`,
    );
  return verdict(type, 'Uploading', 'The object store takes what it is given.');
}

function waitingText({ shard, waiting }: UploadReport): string {
  return `${shardName(shard)} has ${waiting} generations waiting`;
}

function ring(store: StoreState | undefined): Verdict {
  if (store === undefined) return verdict('RingBalanced', 'NoAnswer', 'No node says how the ring is.');
  const { underReplicated, moving, total } = store.chunks;
  if (underReplicated > 0)
    return verdict('RingBalanced', 'UnderReplicated', `${underReplicated} of ${total} chunks have too few copies.`);
  if (moving > 0) return verdict('RingBalanced', 'Moving', `${moving} of ${total} chunks are on their way.`);
  return verdict('RingBalanced', 'Balanced', `All ${total} chunks are where the ring wants them.`);
}

function zones({ pods, kubeNodes }: Observed): Verdict {
  const unknown = pods.find(({ kubeNode, zone }) => kubeNode !== undefined && zone === undefined);
  if (unknown === undefined) return verdict('ZonesKnown', 'Known', 'Each pod knows its zone.');
  const machine = kubeNodes.find(({ name }) => name === unknown.kubeNode);
  return machine === undefined
    ? verdict(
        'ZonesKnown',
        'NodesNotReadable',
        `The operator may not read Node ${unknown.kubeNode}: copies are spread without regard to zones.`,
      )
    : verdict('ZonesKnown', 'NoLabel', `Node ${machine.name} has no label that names its zone.`);
}

/** Only where somebody asked for it. */
function monitored({ cluster, podMonitorProblem: problem }: Situation): Verdict[] {
  if (!cluster.spec.monitoring.podMonitor.enabled) return [];
  return [
    problem === undefined
      ? verdict('Monitored', 'PodMonitor', 'The Prometheus operator is told of the pods by a PodMonitor.')
      : verdict(
          'Monitored',
          'NoPodMonitors',
          `There is no PodMonitor: ${problem}. Is the Prometheus operator installed?`,
        ),
  ];
}

function sizeAdvised(replicas: number): Verdict {
  if (replicas < 3)
    return verdict('SizeAdvised', 'TooFew', `With ${replicas} nodes the loss of one stops writes; three can lose one.`);
  return replicas % 2 === 0
    ? verdict(
        'SizeAdvised',
        'Even',
        `${replicas} nodes can lose no more of them than ${replicas - 1}; take an odd number.`,
      )
    : verdict('SizeAdvised', 'Odd', `${replicas} nodes.`);
}

function doing({ steps, waitingFor }: Plan): string {
  const [next] = steps;
  if (next !== undefined) return `Next: ${next.action.kind}, because ${next.reason}.`;
  return waitingFor === undefined ? 'Nothing is to be done.' : `Waiting for ${waitingFor}.`;
}
