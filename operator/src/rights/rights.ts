// SPDX-License-Identifier: Apache-2.0
import { resources } from '../desired/resources.ts';
import type { Resource } from '../ports/kube-api.ts';
import { claims, clusters, machines, pods, storageClasses } from '../reconcile/watched.ts';
import { events } from '../runtime/events/event-object.ts';
import { leases } from '../runtime/leader/lease.ts';

export type RightVerb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';

/** Something that the operator may do, as roles of Kubernetes say it. */
export interface Right {
  readonly resource: Pick<Resource, 'apiVersion' | 'plural'>;
  readonly subresource?: 'status' | 'finalizers';
  readonly verbs: readonly RightVerb[];
  /** Whether it is about the object of leader election only. */
  readonly ofLease?: true;
  /** What for, for those who have to grant it. */
  readonly reason: string;
}

/** Followed, and applied by the server: a first apply needs the right to create. */
const applied = ['list', 'watch', 'create', 'patch'] as const;

/** In the namespaces whose clusters are looked after. The chart's roles are made of these tables, and tests hold them. */
export const clusterRights: readonly Right[] = [
  { resource: clusters, verbs: ['list', 'watch'], reason: 'What is wanted.' },
  { resource: clusters, subresource: 'status', verbs: ['patch'], reason: 'How it is.' },
  {
    resource: clusters,
    subresource: 'finalizers',
    verbs: ['update'],
    reason: 'Owner references, where the API server checks that the owner may be held up (OpenShift does).',
  },
  {
    resource: resources.statefulSet,
    verbs: [...applied, 'delete'],
    reason: 'The pods. It is deleted without its pods when its volumes grow.',
  },
  { resource: resources.service, verbs: applied, reason: 'Names of nodes, redirects, APIs.' },
  { resource: resources.configMap, verbs: applied, reason: 'Configuration of nodes.' },
  { resource: resources.serviceAccount, verbs: applied, reason: 'An account without rights for the nodes.' },
  {
    resource: resources.disruptionBudget,
    verbs: [...applied, 'delete'],
    reason: 'One pod at a time may be drained away; none is needed for a single pod.',
  },
  {
    resource: resources.networkPolicy,
    verbs: [...applied, 'delete'],
    reason: 'Who reaches the nodes; none where the cluster wants none.',
  },
  {
    resource: resources.secret,
    verbs: ['get', 'create', 'patch'],
    reason: 'The admin token, the CA and the certificate of a cluster, by their names: none is listed.',
  },
  {
    resource: resources.certificate,
    verbs: ['get', 'create', 'patch', 'delete'],
    reason: 'The certificate of a cluster that wants it of cert-manager.',
  },
  {
    resource: pods,
    verbs: ['list', 'watch', 'patch', 'delete'],
    reason: 'Zone and fence of a pod; restarts, in the order that is safe.',
  },
  {
    resource: claims,
    verbs: ['list', 'watch', 'patch', 'delete'],
    reason: 'Growth; whose node a volume is; volumes of nodes that left for good.',
  },
  { resource: events, verbs: ['create', 'patch'], reason: 'What was done, and what failed.' },
  {
    resource: resources.podMonitor,
    verbs: [...applied, 'delete'],
    reason: 'How Prometheus finds the nodes, where the Prometheus operator is installed and the cluster asks for it.',
  },
];

/** In all of Kubernetes, unless `watch.machines` is off. */
export const machineRights: readonly Right[] = [
  { resource: machines, verbs: ['list', 'watch'], reason: 'Zones of pods; whether a machine is lost.' },
  { resource: storageClasses, verbs: ['list', 'watch'], reason: 'Whether volumes can grow.' },
];

/** In the operator's own namespace. */
export const leaseRights: readonly Right[] = [
  { resource: leases, verbs: ['create'], reason: 'Leader election, the first time.' },
  { resource: leases, verbs: ['get', 'update'], ofLease: true, reason: 'Leader election.' },
];
