// SPDX-License-Identifier: Apache-2.0
import type { KubeObject, ObjectKey, Resource } from '../../ports/kube-api.ts';

export const leases: Resource = {
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
};

/** What a Lease says; '' and 0 where it says nothing. */
export interface LeaseRecord {
  /** '' when it was released. */
  readonly holder: string;
  readonly durationSeconds: number;
  readonly acquireTime: string;
  readonly renewTime: string;
  /** How often the lease went from one holder to another. */
  readonly transitions: number;
}

export function readLease(lease: KubeObject): LeaseRecord {
  const spec: Readonly<Record<string, unknown>> = 'spec' in lease && isRecord(lease.spec) ? lease.spec : {};
  return {
    holder: textOf(spec['holderIdentity']),
    durationSeconds: numberOf(spec['leaseDurationSeconds']),
    acquireTime: textOf(spec['acquireTime']),
    renewTime: textOf(spec['renewTime']),
    transitions: numberOf(spec['leaseTransitions']),
  };
}

/** `base`: the object that is replaced; undefined for a new one. */
export function leaseObject(key: ObjectKey, record: LeaseRecord, base: KubeObject | undefined): KubeObject {
  const { name, namespace } = key;
  return {
    apiVersion: leases.apiVersion,
    kind: leases.kind,
    ...base,
    metadata: { ...base?.metadata, name, ...(namespace === undefined ? {} : { namespace }) },
    ...{
      spec: {
        holderIdentity: record.holder,
        leaseDurationSeconds: record.durationSeconds,
        acquireTime: record.acquireTime,
        renewTime: record.renewTime,
        leaseTransitions: record.transitions,
      },
    },
  };
}

/** A time in the form of Kubernetes' MicroTime. */
export function microTime(nowMs: number): string {
  return new Date(nowMs).toISOString().replace('Z', '000Z');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function numberOf(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}
