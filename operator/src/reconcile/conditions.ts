// SPDX-License-Identifier: Apache-2.0
import type { ConditionsItemStatus, ShortLinkCluster } from '../crd/shortlink-cluster.gen.ts';
import { shardName } from '../plan/disruption.ts';
import type { Observed, StoreState } from '../plan/observed.ts';
import type { Plan } from '../plan/step.ts';
import type { UploadReport } from '../ports/store-api.ts';
import { certificatesVerdict } from './certificates/certificates-verdict.ts';
import { tlsIntentOf } from './intent.ts';
import { timeText } from './time-text.ts';
import { uploadSchedule } from './upload-schedule.ts';

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

interface Verdict {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

/** How the cluster is, each with a reason. A condition keeps its time for as long as its status stays. */
export function conditionsOf(situation: Situation): readonly ConditionsItemStatus[] {
  const { cluster, observed } = situation;
  const { generation } = cluster.metadata;
  const now = timeText(observed.nowMs);
  return verdicts(situation).map((verdict) => {
    const before = cluster.status?.conditions?.find(({ type }) => type === verdict.type);
    const lastTransitionTime = before?.status === verdict.status ? before.lastTransitionTime : now;
    return { ...verdict, lastTransitionTime, ...(generation === undefined ? {} : { observedGeneration: generation }) };
  });
}

function verdicts(situation: Situation): Verdict[] {
  const { cluster, plan, observed } = situation;
  const progressing = (type: string, progress: readonly string[], idle: string): Verdict => {
    const isOn = plan.progress !== undefined && progress.includes(plan.progress);
    return isOn ? is(type, plan.progress, doing(plan)) : isNot(type, idle, 'There is nothing of the kind to do.');
  };
  return [
    ready(situation),
    plan.progress === undefined
      ? isNot('Progressing', 'AsWanted', 'Everything is as the spec wants it.')
      : is('Progressing', plan.progress, doing(plan)),
    degraded(situation),
    progressing('Scaling', ['Scaling'], 'NumberOfNodesAsWanted'),
    progressing('Upgrading', ['Upgrading'], 'PodsAsWanted'),
    progressing('StorageResizing', ['Resizing'], 'VolumesAsWanted'),
    uploads(situation),
    ring(observed.store),
    { type: 'CertificatesValid', ...certificatesVerdict(observed, tlsIntentOf(cluster)) },
    zones(observed),
    sizeAdvised(cluster.spec.replicas),
    ...monitored(situation),
    cluster.spec.paused
      ? is('Paused', 'SpecPaused', 'spec.paused is true: the operator only reports.')
      : isNot('Paused', 'NotPaused', 'The operator acts.'),
    cluster.spec.suspend
      ? is('Suspended', 'SpecSuspend', 'spec.suspend is true: there are no pods, and the volumes are kept.')
      : isNot('Suspended', 'NotSuspended', 'The pods run.'),
  ];
}

/** Redirects and writes are served: every shard has a leader and a pod answers. */
function ready({ cluster, observed: { pods, store } }: Situation): Verdict {
  if (cluster.spec.suspend) return isNot('Ready', 'Suspended', 'spec.suspend is true.');
  const count = pods.filter(({ isReady }) => isReady).length;
  if (count === 0) return isNot('Ready', 'NoPodReady', 'No pod is ready.');
  if (store === undefined)
    return isNot('Ready', 'NoAnswer', 'No pod says how the cluster is, or it has not formed yet.');
  const without = store.shards.filter(({ leaderNodeId }) => leaderNodeId === undefined);
  if (without.length > 0)
    return isNot('Ready', 'ShardsWithoutLeader', `No leader: ${without.map(({ id }) => shardName(id)).join(', ')}.`);
  return is('Ready', 'Serving', `${count} of ${cluster.spec.replicas} pods are ready, and every shard has a leader.`);
}

function degraded({ cluster, observed, plan, failure }: Situation): Verdict {
  if (failure !== undefined) return is('Degraded', 'StepFailed', failure);
  const [refusal] = plan.refusals;
  if (refusal !== undefined) return is('Degraded', 'Refused', refusal);
  if (cluster.spec.suspend) return isNot('Degraded', 'Suspended', 'spec.suspend is true.');
  const fenced = observed.pods.filter(({ isFenced }) => isFenced).map(({ name }) => name);
  if (fenced.length > 0) return is('Degraded', 'NodesFenced', `Fenced by spec.fencedNodes: ${fenced.join(', ')}.`);
  const sick = observed.pods.find(({ isReady, problem }) => !isReady && problem !== undefined);
  if (sick !== undefined) return is('Degraded', 'PodNotReady', `Pod ${sick.name}: ${sick.problem}.`);
  const gone = observed.store?.nodes.find(({ liveness }) => liveness !== 'alive');
  if (gone !== undefined) return is('Degraded', 'NodeNotAlive', `Node ${gone.name} (${gone.id}) is ${gone.liveness}.`);
  return isNot('Degraded', 'Whole', 'Every node is alive.');
}

function uploads({ cluster, observed: { nowMs }, uploads: shards }: Situation): Verdict {
  const type = 'UploadsHealthy';
  if (cluster.spec.objectStore === undefined)
    return {
      ...isNot(type, 'NoObjectStore', 'There is no spec.objectStore: links are on the nodes only.'),
      status: 'Unknown',
    };
  const schedule = uploadSchedule(cluster);
  if (schedule !== undefined && 'problem' in schedule) return isNot(type, 'WrongSchedule', schedule.problem);
  if (shards === undefined) return { ...isNot(type, 'NoAnswer', 'No node says what it uploads.'), status: 'Unknown' };
  const behind = shards.filter(({ waiting }) => waiting >= manyWaiting);
  if (behind.length > 0)
    return isNot(
      type,
      'Behind',
      `The object store does not take what it is given: ${behind.map(waitingText).join(', ')}.`,
    );
  const { requestedAt = '', completedAt } = cluster.status?.upload ?? {};
  const waiting = shards.filter((one) => one.waiting > 0);
  if (completedAt === undefined && waiting.length > 0 && nowMs - Date.parse(requestedAt) > lateMs)
    return isNot(type, 'Late', `The upload of ${requestedAt} is not complete: ${waiting.map(waitingText).join(', ')}.`);
  return is(type, 'Uploading', 'The object store takes what it is given.');
}

function waitingText({ shard, waiting }: UploadReport): string {
  return `${shardName(shard)} has ${waiting} generations waiting`;
}

function ring(store: StoreState | undefined): Verdict {
  if (store === undefined)
    return { ...isNot('RingBalanced', 'NoAnswer', 'No node says how the ring is.'), status: 'Unknown' };
  const { underReplicated, moving, total } = store.chunks;
  if (underReplicated > 0)
    return isNot('RingBalanced', 'UnderReplicated', `${underReplicated} of ${total} chunks have too few copies.`);
  if (moving > 0) return isNot('RingBalanced', 'Moving', `${moving} of ${total} chunks are on their way.`);
  return is('RingBalanced', 'Balanced', `All ${total} chunks are where the ring wants them.`);
}

function zones({ pods, kubeNodes }: Observed): Verdict {
  const unknown = pods.find(({ kubeNode, zone }) => kubeNode !== undefined && zone === undefined);
  if (unknown === undefined) return is('ZonesKnown', 'Known', 'Each pod knows its zone.');
  const machine = kubeNodes.find(({ name }) => name === unknown.kubeNode);
  return machine === undefined
    ? isNot(
        'ZonesKnown',
        'NodesNotReadable',
        `The operator may not read Node ${unknown.kubeNode}: copies are spread without regard to zones.`,
      )
    : isNot('ZonesKnown', 'NoLabel', `Node ${machine.name} has no label that names its zone.`);
}

/** Only where somebody asked for it. */
function monitored({ cluster, podMonitorProblem: problem }: Situation): Verdict[] {
  if (!cluster.spec.monitoring.podMonitor.enabled) return [];
  return [
    problem === undefined
      ? is('Monitored', 'PodMonitor', 'The Prometheus operator is told of the pods by a PodMonitor.')
      : isNot(
          'Monitored',
          'NoPodMonitors',
          `There is no PodMonitor: ${problem}. Is the Prometheus operator installed?`,
        ),
  ];
}

function sizeAdvised(replicas: number): Verdict {
  if (replicas < 3)
    return isNot('SizeAdvised', 'TooFew', `With ${replicas} nodes the loss of one stops writes; three can lose one.`);
  return replicas % 2 === 0
    ? isNot(
        'SizeAdvised',
        'Even',
        `${replicas} nodes can lose no more of them than ${replicas - 1}; take an odd number.`,
      )
    : is('SizeAdvised', 'Odd', `${replicas} nodes.`);
}

function doing({ steps, waitingFor }: Plan): string {
  const [next] = steps;
  if (next !== undefined) return `Next: ${next.action.kind}, because ${next.reason}.`;
  return waitingFor === undefined ? 'Nothing is to be done.' : `Waiting for ${waitingFor}.`;
}

function is(type: string, reason: string | undefined, message: string): Verdict {
  return { type, status: 'True', reason: reason ?? 'True', message };
}

function isNot(type: string, reason: string, message: string): Verdict {
  return { type, status: 'False', reason, message };
}
