// SPDX-License-Identifier: Apache-2.0
import { delimiter, join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { connectKube, type Kube } from '../../../../operator/src/adapters/kube/connect.ts';
import { systemClock } from '../../../../operator/src/adapters/system-clock.ts';
import type { KubeApi } from '../../../../operator/src/ports/kube-api.ts';
import { RecordingMetrics } from '../../../../operator/src/runtime/testing/recorders.ts';
import { root } from '../../../harness/program.ts';
import type { Ability, ClusterName, Exposed, Machines, ObjectStore, Provider } from '../../provider.ts';
import { Objects } from '../../world/objects.ts';
import type { Installed } from '../installed.ts';
import { HelmCluster } from './helm-cluster.ts';
import { HelmOperator } from './helm-operator.ts';
import { exposeNodePorts, type Route } from './node-ports.ts';
import { run } from './run.ts';

/** Longer than an upload that is waited for. */
const kubectlLimitMs = 300_000;

/** What kinds of Kubernetes differ in. */
export interface Place {
  readonly name: 'kind' | 'existing';
  readonly machines: Machines;
  readonly apiServer: Provider['apiServer'];
  readonly objectStore: ObjectStore | undefined;
  readonly route: Route;
  readonly whyNot: (ability: Ability) => string | undefined;
  readonly versions: () => Promise<Readonly<Record<string, string>>>;
}

/** A Kubernetes that kubectl and Helm reach. */
export class KubectlProvider implements Provider {
  readonly name: 'kind' | 'existing';
  readonly kube: KubeApi;
  readonly specs = {};
  readonly images: Provider['images'];
  readonly operator: HelmOperator;
  readonly machines: Machines;
  readonly apiServer: Provider['apiServer'];
  readonly namespace: string | undefined;
  readonly #installed: Installed;
  readonly #place: Place;
  readonly #connection: Kube;

  /** `placeOf`: what is special about it; it may look at objects. */
  constructor(installed: Installed, placeOf: (objects: Objects) => Place) {
    const config = new KubeConfig();
    config.loadFromFile(installed.kubeconfig);
    this.#connection = connectKube({
      config,
      clock: systemClock,
      metrics: new RecordingMetrics(),
      userAgent: 'shortlink-e2e',
      rate: { perSecond: 100, burst: 200 },
    });
    this.#installed = installed;
    const place = placeOf(new Objects(this.#connection.api));
    this.#place = place;
    this.name = place.name;
    this.kube = this.#connection.api;
    this.images = {
      node: `shortlink/node:${installed.tag}`,
      next: `shortlink/node:${installed.nextTag}`,
      bad: 'shortlink/node:nobody-has-it',
    };
    this.operator = new HelmOperator({
      kubeconfig: installed.kubeconfig,
      tag: installed.tag,
      nextTag: installed.nextTag,
      watchNamespace: installed.namespace,
      ownCrd: installed.ownCrd,
    });
    this.machines = place.machines;
    this.apiServer = place.apiServer;
    this.namespace = installed.namespace;
  }

  whyNot(ability: Ability): string | undefined {
    return this.#place.whyNot(ability);
  }

  async kubectl(...args: readonly string[]): Promise<string> {
    const PATH = [join(root, 'node_modules', '.bin'), process.env['PATH'] ?? ''].join(delimiter);
    const env = { KUBECONFIG: this.#installed.kubeconfig, PATH };
    return run('kubectl', args, { env, limitMs: kubectlLimitMs });
  }

  clusterChart(): HelmCluster {
    return new HelmCluster(this.#installed.kubeconfig, this.images.node);
  }

  async expose(cluster: ClusterName): Promise<Exposed> {
    return exposeNodePorts(new Objects(this.kube), cluster, this.#place.route);
  }

  async objectStore(): Promise<ObjectStore> {
    if (this.#place.objectStore === undefined) throw new Error('there is no object store');
    return this.#place.objectStore;
  }

  async podLog(namespace: string, pod: string): Promise<string> {
    const args = ['-n', namespace, 'logs', pod, '--all-containers', '--prefix'];
    const now = await this.kubectl(...args);
    const before = await this.kubectl(...args, '--previous').catch(() => '');
    return before === '' ? now : `${before}\n--- started again\n${now}`;
  }

  async versions(): Promise<Readonly<Record<string, string>>> {
    const { serverVersion } = JSON.parse(await this.kubectl('version', '-o', 'json')) as {
      readonly serverVersion: { readonly gitVersion: string };
    };
    const helm = (await run('helm', ['version', '--short'])).trim();
    return { Kubernetes: serverVersion.gitVersion, Helm: helm, ...(await this.#place.versions()) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#connection.close();
  }
}
