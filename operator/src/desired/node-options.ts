// SPDX-License-Identifier: Apache-2.0
import type { ClusterInput, Facts, OptionValue } from './cluster-input.ts';
import { podHost, podName, ports } from './names.ts';
import { paths } from './volumes.ts';

/** As many as the options of a node take. */
const initialNodesMax = 15;
const joinMax = 32;
/** Longer than two readiness probes that fail, and the word of it to all machines. */
const removalNoticeMs = 15_000;

/**
 * How many pods found the cluster. Founders need each other, so of very many the rest joins; and what is rebuilt is rebuilt
 * on one volume, which everybody joins.
 */
export function founderCount({ rebuild }: ClusterInput, { initialReplicas }: Facts): number {
  return rebuild === undefined ? Math.min(initialReplicas, initialNodesMax) : 1;
}

/** node.yaml: the options that all nodes of a cluster share, a line each. */
export function nodeConfig(cluster: ClusterInput, facts: Facts): string {
  const options = { ...cluster.pod.options, ...ownOptions(cluster), ...membershipOptions(cluster, facts) };
  return Object.entries(options)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}: ${JSON.stringify(value)}\n`)
    .join('');
}

/** Where a pod has its files, its ports and its secrets: no user has a say in it. */
function ownOptions({ pod }: ClusterInput): Readonly<Record<string, OptionValue>> {
  return {
    'redirect.address': `0.0.0.0:${ports.redirect}`,
    'api.address': `0.0.0.0:${ports.api}`,
    'grpc.address': `0.0.0.0:${ports.grpc}`,
    'peer.address': `0.0.0.0:${ports.peer}`,
    'ops.address': `0.0.0.0:${ports.ops}`,
    'node.zoneFile': `${paths.pod}/zone`,
    'node.fenceFile': `${paths.pod}/fenced`,
    'cluster.removalNoticeMs': removalNoticeMs,
    'shutdown.lameDuckMs': pod.lameDuckMs,
    'shutdown.timeoutMs': pod.stopTimeoutMs,
    'auth.adminTokenFile': `${paths.tokens}/token`,
    'auth.tokensFile': `${paths.tokens}/tokens`,
    ...(pod.credentialsSecret === undefined ? {} : { 'objectStore.credentialsFile': paths.objectStore }),
    ...(pod.tlsSecret === undefined
      ? {}
      : {
          'tls.peer.caFile': `${paths.tls}/ca.crt`,
          'tls.peer.certFile': `${paths.tls}/tls.crt`,
          'tls.peer.keyFile': `${paths.tls}/tls.key`,
        }),
  };
}

/**
 * Who founds and through whom others join. Nodes look at it while they are empty only, so it is no reason for a restart.
 * Once the cluster has formed nobody is a founder: a pod whose volume is lost joins, whoever else is lost with it.
 */
function membershipOptions(cluster: ClusterInput, facts: Facts): Readonly<Record<string, OptionValue>> {
  const addresses = (count: number): { pod: string; address: string }[] =>
    Array.from({ length: count }, (_, i) => podName(cluster.name, i)).map((pod) => ({
      pod,
      address: `${podHost(cluster, pod)}:${ports.peer}`,
    }));
  const founders = facts.formed ? [] : addresses(founderCount(cluster, facts));
  const members = addresses(Math.min(Math.max(facts.replicas, facts.initialReplicas), joinMax));
  return {
    'cluster.initialNodes': founders.map(({ pod, address }) => `${pod}=${address}`),
    'cluster.join': members.map(({ address }) => address),
  };
}
