// SPDX-License-Identifier: Apache-2.0
import { defined } from '@shortlink/common/assert.ts';
import type { ShortLinkCluster } from '../crd/shortlink-cluster.gen.ts';
import { owner } from '../desired/metadata.ts';
import type { KubeObject } from '../ports/kube-api.ts';
import type { ClaimObject } from './kube-views.ts';
import { nodeIdAnnotation } from './observe.ts';

export interface ClaimChange {
  readonly size?: string;
  readonly nodeId?: string;
  readonly goesWithCluster?: boolean;
}

/**
 * All that the operator wants of a claim which the StatefulSet has made: whose data it holds, its size, and whether it goes with the
 * cluster. An apply takes back what its manager has said before and does not say again, so it is always all of it.
 */
export function claimIntent(cluster: ShortLinkCluster, claim: ClaimObject, change: ClaimChange): KubeObject {
  const { name, namespace, uid, annotations, ownerReferences } = claim.metadata;
  const nodeId = change.nodeId ?? annotations?.[nodeIdAnnotation];
  const storage = change.size ?? claim.spec?.resources?.requests?.storage;
  const clusterUid = defined(cluster.metadata.uid, 'uid of a cluster of the cache');
  const isOwned = ownerReferences?.some((one) => one.uid === clusterUid) === true;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      // What is said of a volume must not reach another one of its name.
      ...(uid === undefined ? {} : { uid }),
      ...(nodeId === undefined ? {} : { annotations: { [nodeIdAnnotation]: nodeId } }),
      ...((change.goesWithCluster ?? isOwned)
        ? { ownerReferences: [owner({ name: cluster.metadata.name, uid: clusterUid })] }
        : {}),
    },
    ...(storage === undefined ? {} : { spec: { resources: { requests: { storage } } } }),
  };
}
