// SPDX-License-Identifier: Apache-2.0
import { KubeConfig } from '@kubernetes/client-node';
import type { Clock } from '../../ports/clock.ts';
import type { KubeDiscovery } from '../../ports/discovery.ts';
import type { KubeApi } from '../../ports/kube-api.ts';
import type { PodAccess } from '../../ports/pod-access.ts';
import { KubeConnection } from './connection.ts';
import { RateLimiter } from './rate-limiter.ts';
import { RestClient } from './rest-client.ts';
import { RestKubeApi } from './rest-kube-api.ts';
import { RestPodAccess } from './rest-pod-access.ts';
import type { RestMetrics } from './rest-metrics.ts';

export interface KubeOptions {
  /** Of this user or, in a pod, of its service account, when there is none. */
  readonly config?: KubeConfig | undefined;
  readonly clock: Clock;
  readonly metrics: RestMetrics;
  /** Who asks, for the logs of the API server. */
  readonly userAgent: string;
  /** Of all requests but those for the lease; 20 a second and 30 at once when there is none. */
  readonly rate?: { readonly perSecond: number; readonly burst: number } | undefined;
}

export interface Kube {
  readonly api: KubeApi & KubeDiscovery;
  /** For leader election: connections of its own, and no rate limit. */
  readonly leaseApi: KubeApi;
  readonly pods: PodAccess;
  /** The namespace of the service account or of the current context. */
  readonly namespace: string | undefined;
  readonly close: () => void;
}

/** Connects to the API server. Nothing is sent before the first call. */
export function connectKube({ config = defaultConfig(), clock, metrics, userAgent, rate }: KubeOptions): Kube {
  const connection = new KubeConnection(config);
  const leaseConnection = new KubeConnection(config);
  const common = { clock, metrics, userAgent };
  const client = new RestClient({ ...common, connection, limiter: new RateLimiter(clock, rate) });
  return {
    api: new RestKubeApi(client),
    pods: new RestPodAccess(client, config),
    leaseApi: new RestKubeApi(new RestClient({ ...common, connection: leaseConnection, limiter: undefined })),
    namespace: config.getContextObject(config.getCurrentContext())?.namespace,
    close: () => {
      connection.close();
      leaseConnection.close();
    },
  };
}

function defaultConfig(): KubeConfig {
  const config = new KubeConfig();
  config.loadFromDefault();
  return config;
}
