// SPDX-License-Identifier: Apache-2.0
import { fields, mapList } from '../apply/schema.ts';
import { type JsonMap, isEqual, mapIn, objectOf, without } from '../objects/json.ts';
import { bytesOf } from '../objects/quantity.ts';
import { forbidden } from '../server/failures.ts';
import type { Kind, Scope } from '../server/kind.ts';
import { keyOf } from '../server/object-store.ts';
import { type PersistentVolumeClaim, claims, storageClasses, volumes } from './infrastructure.ts';

export const claimProtection = 'kubernetes.io/pvc-protection';
const defaultClassAnnotation = 'storageclass.kubernetes.io/is-default-class';

function admitClaim(object: JsonMap, old: JsonMap | undefined, scope: Scope): JsonMap {
  if (old !== undefined) return object;
  const metadata = mapIn(object, 'metadata');
  const spec = mapIn(object, 'spec');
  const fallback = scope
    .list(storageClasses)
    .find((one) => one.metadata.annotations?.[defaultClassAnnotation] === 'true')?.metadata.name;
  const own = objectOf(object).metadata.finalizers ?? [];
  return {
    ...object,
    metadata: { ...metadata, finalizers: [...own.filter((one) => one !== claimProtection), claimProtection] },
    spec: { ...spec, storageClassName: spec['storageClassName'] ?? fallback },
    status: { phase: 'Pending' },
  };
}

function requestOf(claim: PersistentVolumeClaim): number | undefined {
  return bytesOf(claim.spec.resources?.requests?.storage);
}

function validateClaim(object: JsonMap, old: JsonMap | undefined, scope: Scope): string | undefined {
  const claim = objectOf(object) as PersistentVolumeClaim;
  const wanted = requestOf(claim);
  if (wanted === undefined || wanted <= 0) return 'spec.resources[storage]: Required value';
  if (old === undefined) return undefined;
  const before = objectOf(old) as PersistentVolumeClaim;
  const fixed = (one: JsonMap): JsonMap => without(mapIn(one, 'spec'), ['resources', 'volumeName']);
  const volume = before.spec.volumeName;
  if (!isEqual(fixed(old), fixed(object)) || (volume !== undefined && claim.spec.volumeName !== volume)) {
    return 'spec: Forbidden: spec is immutable after creation except resources.requests';
  }
  return resizeProblem(before, claim, scope);
}

function resizeProblem(before: PersistentVolumeClaim, claim: PersistentVolumeClaim, scope: Scope): string | undefined {
  const wanted = requestOf(claim) ?? 0;
  const requested = requestOf(before) ?? 0;
  if (wanted === requested) return undefined;
  if (wanted < requested) {
    const capacity = bytesOf(before.status?.capacity?.storage);
    return capacity === undefined || wanted <= capacity
      ? 'spec.resources.requests.storage: Forbidden: field can not be less than status.capacity'
      : undefined;
  }
  if (before.status?.phase !== 'Bound')
    return 'spec: Forbidden: spec is immutable after creation for claims that are not bound';
  const name = before.spec.storageClassName;
  const storageClass = name === undefined ? undefined : scope.get(storageClasses, { namespace: undefined, name });
  if (storageClass?.allowVolumeExpansion === true) return undefined;
  const why =
    'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize';
  throw forbidden(claims, keyOf(claim), why);
}

export const storageKinds: readonly Kind[] = [
  {
    resource: claims,
    schema: fields({
      spec: fields({ volumeMode: { default: 'Filesystem' } }),
      status: fields({ conditions: mapList(['type']) }),
    }),
    hasStatus: true,
    hasGeneration: false,
    admit: admitClaim,
    validate: validateClaim,
  },
  { resource: volumes, schema: {}, hasStatus: true, hasGeneration: false },
  {
    resource: storageClasses,
    schema: fields({ reclaimPolicy: { default: 'Delete' }, volumeBindingMode: { default: 'Immediate' } }),
    hasStatus: false,
    hasGeneration: false,
  },
];
