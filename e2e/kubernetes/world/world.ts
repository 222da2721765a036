// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import type { KubeObject } from '../../../operator/src/ports/kube-api.ts';
import { clusters } from '../../../operator/src/reconcile/watched.ts';
import { eventually } from '../../harness/wait.ts';
import { asTarget, type Exposed, type ObjectStore, type Provider } from '../provider.ts';
import { Load, type LoadOptions } from './load.ts';
import { kinds, Objects, type ResourceOf } from './objects.ts';
import { TestedCluster, type Fields } from './tested-cluster.ts';

/** Far more than a cluster takes that is fine; each scenario has a limit of its own besides. */
const startLimitMs = 180_000;
const endLimitMs = 120_000;
export const clusterName = 'links';
const credentialsSecret = 's3-credentials';

/** What one scenario works with: a namespace of its own, and what it has measured. */
export class World {
  readonly provider: Provider;
  readonly namespace: string;
  readonly objects: Objects;
  readonly measured = new Map<string, string>();
  readonly #exposed: Exposed[] = [];

  constructor(provider: Provider, namespace: string) {
    this.provider = provider;
    this.namespace = namespace;
    this.objects = new Objects(provider.kube);
  }

  async makeNamespace(): Promise<void> {
    const { apiVersion, kind } = kinds.namespaces;
    const labels = {
      'pod-security.kubernetes.io/enforce': 'restricted',
      'shortlink.dev/e2e': 'scenario',
    };
    await this.objects.apply(kinds.namespaces, { apiVersion, kind, metadata: { name: this.namespace, labels } });
  }

  /** A cluster that is asked for, and not waited for. */
  async request(spec: Fields = {}): Promise<TestedCluster> {
    const cluster = new TestedCluster(
      this.objects,
      { namespace: this.namespace, name: clusterName },
      {
        ...this.provider.specs,
        ...spec,
      },
    );
    await cluster.apply();
    return cluster;
  }

  /** A cluster that is as it should be. */
  async cluster(spec: Fields = {}): Promise<TestedCluster> {
    const cluster = await this.request(spec);
    await cluster.untilWhole(startLimitMs);
    return cluster;
  }

  /** What a spec says of a store that is the scenario's own. The Secret with its credentials is made. */
  async objectStoreSpec(): Promise<{ readonly store: ObjectStore; readonly spec: Fields }> {
    const store = await this.provider.objectStore();
    await this.objects.apply(kinds.secrets, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: credentialsSecret, namespace: this.namespace },
      data: Object.fromEntries(Object.entries(store.credentials).map(([name, value]) => [name, btoa(value)])),
    } as Parameters<Objects['apply']>[1]);
    const { bucket, endpoint, region } = store;
    // A store that others have used is not empty, and no cluster begins where another one has its data.
    const url = `s3://${bucket}/${this.namespace}-${randomUUID()}`;
    return { store, spec: { url, endpoint, region, credentialsSecretRef: { name: credentialsSecret } } };
  }

  async expose(cluster: TestedCluster): Promise<Exposed> {
    const exposed = await this.provider.expose(cluster);
    this.#exposed.push(exposed);
    return exposed;
  }

  /** Users of the cluster, from now on. */
  async load(cluster: TestedCluster, options: LoadOptions = {}): Promise<Load> {
    return Load.start(asTarget(await this.expose(cluster), await cluster.token()), options);
  }

  /** For the report. */
  measure(what: string, value: number | string, unit = ''): void {
    this.measured.set(what, typeof value === 'number' ? `${Math.round(value * 10) / 10} ${unit}`.trim() : value);
  }

  /** Runs it, and notes how many seconds it took. */
  async timed<T>(what: string, run: () => Promise<T>): Promise<T> {
    const startMs = performance.now();
    const result = await run();
    this.measure(what, (performance.now() - startMs) / 1000, 's');
    return result;
  }

  async close(): Promise<void> {
    for (const exposed of this.#exposed) await exposed[Symbol.asyncDispose]();
    if (this.provider.namespace === undefined)
      await this.objects.delete(kinds.namespaces, { namespace: undefined, name: this.namespace });
    else await this.#empty();
  }

  /** A namespace that others use next. */
  async #empty(): Promise<void> {
    const { namespace } = this;
    await this.objects.delete(clusters, { namespace, name: clusterName });
    await eventually('the pods to end', async () => (await this.#left(kinds.pods)).length === 0, endLimitMs);
    for (const resource of [kinds.claims, kinds.secrets]) {
      for (const { metadata } of await this.#left(resource))
        await this.objects.delete(resource, { namespace, name: metadata.name });
    }
    await eventually('the volumes to go', async () => (await this.#left(kinds.claims)).length === 0, endLimitMs);
  }

  async #left(resource: ResourceOf<KubeObject>): Promise<readonly KubeObject[]> {
    return this.objects.list(resource, this.namespace);
  }
}
