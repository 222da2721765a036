// SPDX-License-Identifier: Apache-2.0
import type { KubeObject } from '../ports/kube-api.ts';
import type { ClusterInput, Fields, ServiceInput } from './cluster-input.ts';
import { head } from './metadata.ts';
import { objectNames, ports, selector } from './names.ts';
import { resources } from './resources.ts';

export interface Service extends KubeObject {
  readonly spec: Fields;
}

/** Names for the pods, ready or not: nodes must find each other before any of them can be ready. */
export function nodesService(cluster: ClusterInput): Service {
  return {
    ...head(cluster, resources.service, objectNames(cluster.name).nodesService),
    spec: {
      type: 'ClusterIP',
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      selector: selector(cluster.name),
      ports: Object.entries(ports).map(([name, port]) => servicePort(name, port)),
    },
  };
}

/** For those who follow links. */
export function redirectService(cluster: ClusterInput): Service {
  const { redirectService: name } = objectNames(cluster.name);
  return clientService(cluster, name, { input: cluster.services.redirect, ports: [servicePort('redirect', 80)] });
}

/** For programs. */
export function apiService(cluster: ClusterInput): Service {
  const { apiService: name } = objectNames(cluster.name);
  const http = { ...servicePort('http', 80), targetPort: 'api' };
  const grpc = { ...servicePort('grpc', ports.grpc), appProtocol: 'kubernetes.io/h2c' };
  return clientService(cluster, name, { input: cluster.services.api, ports: [http, grpc] });
}

interface Plan {
  readonly input: ServiceInput;
  readonly ports: readonly Fields[];
}

function clientService(cluster: ClusterInput, name: string, { input, ports: servicePorts }: Plan): Service {
  const { type, labels, annotations, loadBalancerClass, loadBalancerSourceRanges, externalTrafficPolicy } = input;
  return {
    ...head(cluster, resources.service, name, { labels, annotations }),
    spec: {
      type,
      selector: selector(cluster.name),
      ports: servicePorts,
      ...(loadBalancerClass === undefined ? {} : { loadBalancerClass }),
      ...(loadBalancerSourceRanges === undefined ? {} : { loadBalancerSourceRanges }),
      ...(externalTrafficPolicy === undefined ? {} : { externalTrafficPolicy }),
    },
  };
}

function servicePort(name: string, port: number): Fields {
  return { name, port, targetPort: name, protocol: 'TCP' };
}
