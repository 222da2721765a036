// SPDX-License-Identifier: Apache-2.0
import type { KubeObject, ObjectKey } from './kube-api.ts';

/** `namespace/name`, or `name` for objects of the cluster: how queues and caches name an object. */
export function keyText({ namespace, name }: ObjectKey): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

export function parseKeyText(text: string): ObjectKey {
  const slash = text.indexOf('/');
  return slash < 0
    ? { namespace: undefined, name: text }
    : { namespace: text.slice(0, slash), name: text.slice(slash + 1) };
}

export function keyOfObject({ metadata }: KubeObject): ObjectKey {
  return { namespace: metadata.namespace, name: metadata.name };
}
