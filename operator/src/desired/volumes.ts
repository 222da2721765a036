// SPDX-License-Identifier: Apache-2.0
import type { ClusterInput, Fields } from './cluster-input.ts';
import { fenceAnnotation, objectNames, zoneAnnotation } from './names.ts';

/** Everything that is mounted into a pod besides its data. */
export const etcFolder = '/etc/shortlink';

/** Folders in a pod. */
export const paths = {
  data: '/data',
  config: `${etcFolder}/config`,
  pod: `${etcFolder}/pod`,
  tokens: `${etcFolder}/tokens`,
  objectStore: `${etcFolder}/object-store`,
  tls: `${etcFolder}/tls`,
  tmp: '/tmp',
} as const;

export const claimTemplateName = 'data';

/** Group and owner may read: the node's group is that of the volumes. */
const secretMode = 0o440;

export interface Mounted {
  readonly volumes: readonly Fields[];
  readonly mounts: readonly Fields[];
}

/** What a pod finds in its folders. Files of ConfigMaps and Secrets follow their objects, so nothing is mounted by subPath. */
export function mounted({ name, pod }: ClusterInput): Mounted {
  const names = objectNames(name);
  const secret = (secretName: string): Fields => ({ secret: { secretName, defaultMode: secretMode } });
  const files: { readonly name: string; readonly path: string; readonly source: Fields }[] = [
    { name: 'config', path: paths.config, source: { configMap: { name: names.config, defaultMode: 0o444 } } },
    { name: 'pod', path: paths.pod, source: { downwardAPI: { defaultMode: 0o444, items: podFiles } } },
    { name: 'tokens', path: paths.tokens, source: secret(pod.tokensSecret) },
  ];
  if (pod.credentialsSecret !== undefined)
    files.push({ name: 'object-store', path: paths.objectStore, source: secret(pod.credentialsSecret) });
  if (pod.tlsSecret !== undefined) files.push({ name: 'tls', path: paths.tls, source: secret(pod.tlsSecret) });
  return {
    volumes: [
      ...files.map((file) => ({ name: file.name, ...file.source })),
      { name: 'tmp', emptyDir: { sizeLimit: '64Mi' } },
    ],
    mounts: [
      { name: claimTemplateName, mountPath: paths.data },
      ...files.map((file) => ({ name: file.name, mountPath: file.path, readOnly: true })),
      { name: 'tmp', mountPath: paths.tmp },
    ],
  };
}

/** Empty as long as the pod has no such annotation. */
const podFiles = Object.entries({ zone: zoneAnnotation, fenced: fenceAnnotation }).map(([path, annotation]) => ({
  path,
  fieldRef: { fieldPath: `metadata.annotations['${annotation}']` },
}));
