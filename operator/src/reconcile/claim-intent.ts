// SPDX-License-Identifier: Apache-2.0
import type { KubeObject } from '../ports/kube-api.ts';
import { nodeIdAnnotation } from './observe.ts';
import type { ClaimObject } from './kube-views.ts';

/**
 * All that the operator wants of a claim which the StatefulSet has made: whose data it holds, and its size. An apply takes back
 * what its manager has said before and does not say again, so it is always both.
 */
export function claimIntent(
  claim: ClaimObject,
  change: { readonly size?: string; readonly nodeId?: string },
): KubeObject {
  const { name, namespace, uid, annotations } = claim.metadata;
  const nodeId = change.nodeId ?? annotations?.[nodeIdAnnotation];
  const storage = change.size ?? claim.spec?.resources?.requests?.storage;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      // What is said of a volume must not reach another one of its name.
      ...(uid === undefined ? {} : { uid }),
      ...(nodeId === undefined ? {} : { annotations: { [nodeIdAnnotation]: nodeId } }),
    },
    ...(storage === undefined ? {} : { spec: { resources: { requests: { storage } } } }),
  };
}
