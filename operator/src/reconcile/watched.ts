// SPDX-License-Identifier: Apache-2.0
import { resources } from '../desired/resources.ts';
import type { Resource } from '../ports/kube-api.ts';

/**
 * Kinds that it makes and looks at one by one. Who may list Secrets may read those of everybody, and cert-manager need not be
 * installed.
 */
export const lookedUp: ReadonlySet<Resource> = new Set([resources.secret, resources.certificate]);
/** Kinds that it makes and follows. */
export const madeAndFollowed: readonly Resource[] = Object.values(resources).filter((one) => !lookedUp.has(one));

// Kinds that the operator follows and does not make.

export const clusters: Resource = {
  apiVersion: 'shortlink.dev/v1alpha1',
  kind: 'ShortLinkCluster',
  plural: 'shortlinkclusters',
  namespaced: true,
};
export const pods: Resource = { apiVersion: 'v1', kind: 'Pod', plural: 'pods', namespaced: true };
export const claims: Resource = {
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
  namespaced: true,
};
export const machines: Resource = { apiVersion: 'v1', kind: 'Node', plural: 'nodes', namespaced: false };
export const storageClasses: Resource = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  plural: 'storageclasses',
  namespaced: false,
};
