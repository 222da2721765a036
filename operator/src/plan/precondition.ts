// SPDX-License-Identifier: Apache-2.0
import { unreachable } from '@shortlink/common/assert.ts';
import type { ObjectVersion } from './observed.ts';
import type { Action } from './step.ts';

/**
 * What must still hold when a step is done, and is checked there and then by the API server or by the cluster: without it the
 * step has no effect, and a new plan is made. Besides, a step is done only after the ones before it, by the operator that leads.
 */
export function preconditionOf(action: Action): string {
  switch (action.kind) {
    case 'applyObject':
    case 'setReplicas':
      return 'the operator still leads';
    case 'renewAuthority':
    case 'renewCertificate':
      return 'the Secret is still as it was seen, or still missing';
    case 'tellPod':
      return 'the pod is still the one that was seen';
    case 'deleteObject':
    case 'recreateStatefulSet':
    case 'deletePod':
    case 'deleteClaim':
      return unchanged(action.version);
    case 'growClaim':
    case 'tieClaim':
    case 'recordNode':
      return 'the claim is still the one that was seen';
    case 'holdNode':
    case 'releaseNode':
    case 'removeNode':
    case 'cancelRemoveNode':
      return 'no other operator has taken charge of the cluster';
    case 'hastenNode':
      return 'no other operator has taken charge of the cluster, and the node does not answer it';
    case 'transferLeadership':
      return 'the node has an up-to-date copy of the shard, which votes';
    case 'upload':
      return 'the nodes know an object store';
    default:
      return unreachable(action);
  }
}

function unchanged({ uid, resourceVersion }: ObjectVersion): string {
  return `it is still as it was seen (uid ${uid}, resourceVersion ${resourceVersion})`;
}
