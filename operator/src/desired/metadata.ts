// SPDX-License-Identifier: Apache-2.0
import type { ObjectMeta, OwnerReference, Resource } from '../ports/kube-api.ts';
import type { ClusterInput } from './cluster-input.ts';
import { objectLabels } from './names.ts';

interface Extras {
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** Kind and metadata of an object of a cluster, which goes with the cluster. The operator's own labels win. */
export function head(
  { name: cluster, namespace, uid }: ClusterInput,
  { apiVersion, kind }: Resource,
  name: string,
  { labels, annotations }: Extras = {},
): { readonly apiVersion: string; readonly kind: string; readonly metadata: ObjectMeta } {
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      namespace,
      labels: { ...labels, ...objectLabels(cluster) },
      ...(annotations === undefined || Object.keys(annotations).length === 0 ? {} : { annotations }),
      ownerReferences: [{ ...owner({ name: cluster, uid }), controller: true, blockOwnerDeletion: true }],
    },
  };
}

/** What goes with a cluster says so by this. */
export function owner({ name, uid }: { readonly name: string; readonly uid: string }): OwnerReference {
  return { apiVersion: 'shortlink.dev/v1alpha1', kind: 'ShortLinkCluster', name, uid };
}
