// SPDX-License-Identifier: Apache-2.0
import type { KubeObject, OwnerReference } from '../../../src/ports/kube-api.ts';
import { mapIn, textIn } from '../../objects/json.ts';
import type { PersistentVolumeClaim } from '../../kinds/infrastructure.ts';
import { type Pod, type StatefulSet, type Volume, statefulSets } from '../../kinds/workloads.ts';

export const revisionLabel = 'controller-revision-hash';
const podNameLabel = 'statefulset.kubernetes.io/pod-name';
const podIndexLabel = 'apps.kubernetes.io/pod-index';

export function firstOrdinal(set: StatefulSet): number {
  return set.spec.ordinals?.start ?? 0;
}

export function podName(set: StatefulSet, ordinal: number): string {
  return `${set.metadata.name}-${ordinal}`;
}

/** Undefined when the name is none of this set. */
export function ordinalOf(set: StatefulSet, name: string): number | undefined {
  const prefix = `${set.metadata.name}-`;
  const rest = name.startsWith(prefix) ? name.slice(prefix.length) : '';
  return /^(?:0|[1-9]\d*)$/.test(rest) ? Number(rest) : undefined;
}

export function ownerReference(set: StatefulSet): OwnerReference {
  return {
    apiVersion: statefulSets.apiVersion,
    kind: statefulSets.kind,
    name: set.metadata.name,
    uid: set.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
}

export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((one) => one.controller);
}

export function claimName(set: StatefulSet, template: string, ordinal: number): string {
  return `${template}-${podName(set, ordinal)}`;
}

function templateNames(set: StatefulSet): readonly string[] {
  return (set.spec.volumeClaimTemplates ?? []).map((one) => textIn(mapIn(one, 'metadata'), 'name'));
}

export function claimNames(set: StatefulSet, ordinal: number): readonly string[] {
  return templateNames(set).map((one) => claimName(set, one, ordinal));
}

/** The claims that the pod of an ordinal needs, as they are made. */
export function claimsFor(set: StatefulSet, ordinal: number): readonly PersistentVolumeClaim[] {
  return (set.spec.volumeClaimTemplates ?? []).map((template) => {
    const metadata = mapIn(template, 'metadata');
    const labels = { ...mapIn(metadata, 'labels'), ...set.spec.selector.matchLabels } as Readonly<
      Record<string, string>
    >;
    return {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: {
        name: claimName(set, textIn(metadata, 'name'), ordinal),
        ...(set.metadata.namespace === undefined ? {} : { namespace: set.metadata.namespace }),
        labels,
      },
      spec: mapIn(template, 'spec'),
    };
  });
}

export function identityLabels(set: StatefulSet, ordinal: number): Readonly<Record<string, string>> {
  return { [podNameLabel]: podName(set, ordinal), [podIndexLabel]: String(ordinal) };
}

/** The pod of an ordinal, of the template that a revision holds. */
export function newPod(
  set: StatefulSet,
  template: StatefulSet['spec']['template'],
  ordinal: number,
  revision: string,
): Pod {
  const claimed: readonly Volume[] = templateNames(set).map((name) => ({
    name,
    persistentVolumeClaim: { claimName: claimName(set, name, ordinal) },
  }));
  const names = new Set(claimed.map((one) => one.name));
  const volumes = [...claimed, ...(template.spec.volumes ?? []).filter((one) => !names.has(one.name))];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: podName(set, ordinal),
      ...(set.metadata.namespace === undefined ? {} : { namespace: set.metadata.namespace }),
      labels: { ...template.metadata?.labels, ...identityLabels(set, ordinal), [revisionLabel]: revision },
      ...(template.metadata?.annotations === undefined ? {} : { annotations: template.metadata.annotations }),
      ownerReferences: [ownerReference(set)],
    },
    spec: {
      ...template.spec,
      ...{ hostname: podName(set, ordinal), subdomain: set.spec.serviceName },
      ...(volumes.length === 0 ? {} : { volumes }),
    },
  };
}
