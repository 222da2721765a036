// SPDX-License-Identifier: Apache-2.0
import type { Resource } from '../ports/kube-api.ts';

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
