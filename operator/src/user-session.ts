// SPDX-License-Identifier: Apache-2.0
import { CliError } from '@shortlink/common/cli/exit-codes.ts';
import { credentials } from '@grpc/grpc-js';
import { KubeConfig } from '@kubernetes/client-node';
import { GrpcStore, type Route } from './adapters/grpc-store.ts';
import { connectKube, type Kube } from './adapters/kube/connect.ts';
import { restMetrics } from './adapters/kube/rest-metrics.ts';
import { nodePki } from './adapters/node-pki.ts';
import { PromMetrics } from './adapters/prom-metrics.ts';
import { sha256 } from './adapters/sha256.ts';
import { systemClock } from './adapters/system-clock.ts';
import { systemRandom } from './adapters/system-random.ts';
import { AdminTokens } from './admin-tokens.ts';
import type { KubeTarget, Session } from './cli/session.ts';
import { ports } from './desired/names.ts';
import { StoreError } from './ports/store-api.ts';
import { nodeAddress } from './reconcile/ask-nodes.ts';
import type { PodObject } from './reconcile/kube-views.ts';

const userAgent = 'kubectl-shortlink';
/** A person waits: more at once than the operator takes. */
const rate = { perSecond: 50, burst: 100 };

/** Kubernetes as the user has it: with the user's kubeconfig and rights. */
export function connectSession(target: KubeTarget): Session {
  const config = kubeconfigOf(target);
  const metrics = new PromMetrics().sink(restMetrics);
  const kube = connectKube({ config, clock: systemClock, metrics, userAgent, rate });
  return {
    kube: kube.api,
    pods: kube.pods,
    namespace: target.namespace ?? kube.namespace ?? 'default',
    clock: systemClock,
    random: systemRandom,
    digest: sha256,
    pki: nodePki,
    storeOf: (cluster, pods, signal) => {
      const tokens = new AdminTokens(kube.api, systemClock);
      const store = new GrpcStore(
        credentials.createInsecure(),
        async (own) => tokens.of(cluster, own),
        async (address) => routeTo(kube, pods, address, signal),
      );
      signal.addEventListener('abort', () => store.close(), { once: true });
      return store;
    },
    close: kube.close,
  };
}

/** Into the pod of that address, which the machine of the user cannot reach by itself. */
async function routeTo(kube: Kube, pods: readonly PodObject[], address: string, signal: AbortSignal): Promise<Route> {
  const pod = pods.find((one) => nodeAddress(one) === address);
  if (pod === undefined) throw new StoreError(`${address} is no pod of the cluster`, false);
  const { name, namespace } = pod.metadata;
  return { target: await kube.pods.forward({ namespace, name }, ports.grpc, signal) };
}

function kubeconfigOf({ kubeconfig, context }: KubeTarget): KubeConfig {
  const config = new KubeConfig();
  try {
    if (kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(kubeconfig);
  } catch (error) {
    throw new CliError('usage', `the kubeconfig cannot be read: ${String(error)}`, { cause: error });
  }
  if (context === undefined) return config;
  const names = config.getContexts().map(({ name }) => name);
  if (!names.includes(context))
    throw new CliError('usage', `the kubeconfig has no context ${context}; it has ${names.join(', ') || 'none'}`);
  config.setCurrentContext(context);
  return config;
}
