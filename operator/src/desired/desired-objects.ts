// SPDX-License-Identifier: Apache-2.0
import type { KubeObject, Resource } from '../ports/kube-api.ts';
import type { ClusterInput, Facts } from './cluster-input.ts';
import { configMap, serviceAccount } from './configuration.ts';
import { podMonitor } from './monitoring.ts';
import { objectNames } from './names.ts';
import { disruptionBudget, networkPolicy } from './policies.ts';
import { resources } from './resources.ts';
import { apiService, nodesService, redirectService } from './services.ts';
import { statefulSet } from './stateful-set.ts';

export interface DesiredObject {
  readonly resource: Resource;
  readonly object: KubeObject;
}

export interface DesiredObjects {
  /** To be applied as a whole, in this order: pods come last, and find everything. */
  readonly present: readonly DesiredObject[];
  /** To be deleted where they are the cluster's own. */
  readonly absent: readonly { readonly resource: Resource; readonly name: string }[];
}

/** Every object of a cluster but for Secrets, which are made once (adminTokenSecret) or with a CA. */
export function desiredObjects(cluster: ClusterInput, facts: Facts): DesiredObjects {
  const names = objectNames(cluster.name);
  // A budget for one pod would only ever say no, or nothing.
  const hasBudget = facts.replicas > 1 && !cluster.suspend;
  const optional = [
    {
      resource: resources.disruptionBudget,
      name: names.disruptionBudget,
      object: hasBudget ? disruptionBudget(cluster) : undefined,
    },
    {
      resource: resources.networkPolicy,
      name: names.networkPolicy,
      object: cluster.networkPolicy ? networkPolicy(cluster) : undefined,
    },
    ...(facts.servesPodMonitors === true
      ? [
          {
            resource: resources.podMonitor,
            name: names.podMonitor,
            object: cluster.podMonitor === undefined ? undefined : podMonitor(cluster, cluster.podMonitor),
          },
        ]
      : []),
  ];
  return {
    present: [
      { resource: resources.serviceAccount, object: serviceAccount(cluster) },
      { resource: resources.configMap, object: configMap(cluster, facts) },
      { resource: resources.service, object: nodesService(cluster) },
      { resource: resources.service, object: redirectService(cluster) },
      { resource: resources.service, object: apiService(cluster) },
      ...optional.flatMap(({ resource, object }) => (object === undefined ? [] : [{ resource, object }])),
      { resource: resources.statefulSet, object: statefulSet(cluster, facts) },
    ],
    absent: optional.flatMap(({ resource, name, object }) => (object === undefined ? [{ resource, name }] : [])),
  };
}
