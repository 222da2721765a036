// SPDX-License-Identifier: Apache-2.0
import type { Action } from '../plan/step.ts';

/** What the event of each action says, and what to look at when it says that the action failed; empty: as for all. */
export const eventTable: Readonly<Record<Action['kind'], { readonly meaning: string; readonly failed: string }>> = {
  applyObject: {
    meaning:
      'An object of the cluster (a Service, the ConfigMap, the StatefulSet…) was made, or brought to what the spec asks for.',
    failed: 'Quotas, admission webhooks, and rights of the operator.',
  },
  deleteObject: { meaning: 'An object that the spec has no use for any more was deleted.', failed: '' },
  renewAuthority: {
    meaning:
      'The CA of the cluster was made, or made anew before its end. Nodes go over to it in [several steps](../operations/security.md#what-the-operator-makes).',
    failed: 'The right to write Secrets.',
  },
  renewCertificate: {
    meaning: 'The certificate of the nodes, or the list of CAs that they believe, was written.',
    failed: 'The right to write Secrets.',
  },
  tellPod: {
    meaning: 'A pod was told the zone of its machine, or whether its node is to stand still.',
    failed: 'Usually the pod was replaced meanwhile; it is done again.',
  },
  setReplicas: {
    meaning:
      'The StatefulSet has another number of pods: at the creation, in scaling, when suspended and resumed. Before it becomes smaller, the node that leaves was drained and forgotten.',
    failed: '',
  },
  recreateStatefulSet: {
    meaning:
      'The StatefulSet was deleted without its pods, and is made anew, so that later volumes are as large as the spec says.',
    failed: '',
  },
  growClaim: {
    meaning: 'A larger volume was asked for.',
    failed: 'Quotas, and whether the storage class can grow volumes: [growth](../operations/volumes.md#growth).',
  },
  deletePod: {
    meaning:
      'A pod was deleted, to be made anew: in a rolling restart, or together with its claim. Its reason is in the note.',
    failed: '',
  },
  deleteClaim: {
    meaning:
      'A volume was deleted whose node the cluster has forgotten, or that is lost: [when volumes are deleted](../operations/volumes.md#what-becomes-of-volumes).',
    failed: '',
  },
  recordNode: {
    meaning: 'It was written on a claim which node’s data its volume holds. Only such volumes are ever deleted.',
    failed: '',
  },
  tieClaim: {
    meaning: 'A claim goes with the cluster when that is deleted, or does not any more, as `spec.deletionPolicy` says.',
    failed: '',
  },
  holdNode: {
    meaning: 'The other nodes were told that one will be away for a moment, so that nothing moves.',
    failed: 'No leader of the meta group, or another operator is in charge.',
  },
  releaseNode: { meaning: 'The node is back, and the hold has ended.', failed: 'As for `HoldNode`.' },
  hastenNode: {
    meaning:
      'A node was declared gone whose volume does not exist any more: others take over without waiting `spec.ring.outAfter`.',
    failed: 'A node that answers cannot be declared gone: does its pod still run somewhere?',
  },
  removeNode: {
    meaning:
      'The drain of a node began: its leaderships, replicas and chunks go to others, and then the cluster forgets it.',
    failed: 'As for `HoldNode`; and the last node that takes data cannot leave.',
  },
  cancelRemoveNode: { meaning: 'A drain was taken back: the node stays.', failed: 'As for `HoldNode`.' },
  transferLeadership: {
    meaning: 'A shard’s leadership was handed over, before the pod of its leader restarts.',
    failed: 'The other node was not up to date at that moment. It is tried again.',
  },
  upload: {
    meaning: 'All shards were told to upload what is on the nodes only, by the schedule or by the annotation.',
    failed:
      'As for `HoldNode`; and [16 generations that wait](../operations/chunks.md#the-object-store-is-away) are the most.',
  },
};

/** `DeletePod`: the reason of the event of an action. */
export function eventReason(kind: Action['kind']): string {
  return `${kind.slice(0, 1).toUpperCase()}${kind.slice(1)}`;
}

/** The reason of the event of an action that failed. */
export function failedEventReason(kind: Action['kind']): string {
  return `${eventReason(kind)}Failed`;
}
