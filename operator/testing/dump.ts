// SPDX-License-Identifier: Apache-2.0
import type { KubeObject } from '../src/ports/kube-api.ts';
import { type Json, fieldsOf, isList, isMap } from './objects/json.ts';
import type { Core } from './server/core.ts';

/** Fields that differ between two runs that end in the same state. */
const incidental = new Set([
  'uid',
  'resourceVersion',
  'creationTimestamp',
  'deletionTimestamp',
  'generation',
  'observedGeneration',
  'managedFields',
  'lastTransitionTime',
  'startTime',
  'startedAt',
  'timeAdded',
  'renewTime',
  'acquireTime',
  'podIP',
  'nodeName',
  'volumeName',
  'clusterIP',
  'clusterIPs',
  'volume.kubernetes.io/selected-node',
]);

function essence(value: Json | undefined): Json | undefined {
  if (isList(value)) return value.map((one) => essence(one) ?? null);
  if (!isMap(value)) return value;
  const kept = Object.entries(value).filter(([name]) => !incidental.has(name));
  return Object.fromEntries(kept.map(([name, one]) => [name, essence(one)]));
}

/**
 * All objects by resource and name, without what differs between runs by chance: two runs that come to the same end have
 * equal dumps. `skip` leaves out resources, such as events and leases.
 */
export function dump(core: Core, skip: readonly string[] = []): Readonly<Record<string, Json | undefined>> {
  const out: Record<string, Json | undefined> = {};
  for (const { resource } of core.kinds) {
    // A volume's name holds the uid of its claim.
    if (resource.plural === 'persistentvolumes' || skip.includes(resource.plural)) continue;
    for (const object of core.list(resource)) out[`${resource.plural} ${placeOf(object)}`] = essence(fieldsOf(object));
  }
  return out;
}

function placeOf(object: KubeObject): string {
  const { namespace, name } = object.metadata;
  return namespace === undefined ? name : `${namespace}/${name}`;
}
