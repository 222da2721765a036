// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shortLinkClusterSchema } from '../../../../operator/src/crd/shortlink-cluster-schema.gen.ts';
import { clusterLabel, ports } from '../../../../operator/src/desired/names.ts';
import { clusters } from '../../../../operator/src/reconcile/watched.ts';
import { namespacesOf } from '../../../../operator/testing/kinds/infrastructure.ts';
import { Gateway } from '../../../../operator/testing/gateway/gateway.ts';
import { KubeDouble } from '../../../../operator/testing/kube-double.ts';
import { isReady, isTerminating, pods } from '../../../../operator/testing/kinds/workloads.ts';
import { ManualClock } from '../../../../operator/testing/manual-clock.ts';
import { startS3Server, whyNoS3Servers, type S3Server } from '../../../harness/s3-server.ts';
import type { Ability, ClusterName, Exposed, Machines, ObjectStore, Provider } from '../../provider.ts';
import { Loopback } from './loopback.ts';
import { operatorNamespace } from './operator-in-process.ts';
import { OperatorsInProcess } from './operators-in-process.ts';
import { ProcessRuntime } from './process-runtime.ts';
import { ReadyPodsProxy } from './ready-pods-proxy.ts';

const stepMs = 100;
const images = {
  node: 'shortlink/node:dev',
  next: 'shortlink/node:next',
  bad: 'shortlink/node:nobody-has-it',
} as const;

/** The Kubernetes of the operator's tests, whose time passes as it does outside, with nodes that are real processes. */
export class ProcessProvider implements Provider {
  readonly name = 'process';
  readonly images = images;
  readonly namespace = undefined;
  // Certificates are for names of pods, and here pods have addresses only.
  readonly specs = { tls: { mode: 'Disabled' } };
  readonly kube: Gateway;
  readonly operator: OperatorsInProcess;
  readonly machines: Machines;
  readonly apiServer: { stop(): Promise<void>; start(): Promise<void> };
  readonly #folder: string;
  readonly #double: KubeDouble;
  readonly #runtime: ProcessRuntime;
  readonly #s3: S3Server[] = [];
  #isClosing = false;
  #passing: Promise<void>;

  private constructor(folder: string, loopback: Loopback) {
    this.#folder = folder;
    this.#runtime = new ProcessRuntime(folder, loopback);
    this.#runtime.badImages.add(images.bad);
    const kind = {
      resource: clusters,
      schema: shortLinkClusterSchema,
      isStructural: true,
      hasStatus: true,
      hasGeneration: true,
    };
    this.#double = new KubeDouble({ clock: new ManualClock(Date.now()), runtime: this.#runtime, kinds: [kind] });
    this.#runtime.attach(this.#double.core);
    this.kube = new Gateway(this.#double.connect());
    this.operator = new OperatorsInProcess(() => this.#double.connect(), images.node);
    this.machines = this.#newMachines();
    this.apiServer = {
      stop: async () => {
        this.kube.interrupt('refuse');
        this.operator.cutOff();
      },
      start: async () => {
        this.kube.restore();
        this.operator.reconnect();
      },
    };
    this.#passing = this.#passTime();
  }

  /** @throws when nodes cannot have addresses of their own here. */
  static async open(): Promise<ProcessProvider> {
    const loopback = new Loopback();
    const why = await loopback.whyNot();
    if (why !== undefined) throw new Error(why);
    const provider = new ProcessProvider(mkdtempSync(join(tmpdir(), 'shortlink-pods-')), loopback);
    const { apiVersion, kind } = namespacesOf;
    const metadata = { name: operatorNamespace };
    await provider.kube.create(namespacesOf, { apiVersion, kind, metadata }, AbortSignal.timeout(stepMs));
    await provider.operator.start();
    return provider;
  }

  whyNot(ability: Ability): string | undefined {
    switch (ability) {
      case 'objectStore':
      case 'objectStoreAway':
        return whyNoS3Servers();
      case 'helm':
      case 'kubectl':
      case 'rules':
      case 'operatorUpgrade':
        return 'there is no API server of Kubernetes, only its double';
      case 'namespaces':
      case 'power':
      case 'partition':
      case 'apiServer':
      case 'twoOperators':
        return undefined;
    }
  }

  async kubectl(): Promise<never> {
    throw new Error(this.whyNot('kubectl'));
  }

  clusterChart(): never {
    throw new Error(this.whyNot('helm'));
  }

  async expose({ namespace, name }: ClusterName): Promise<Exposed> {
    const ready = (): readonly string[] =>
      this.#double.core
        .list(pods, namespace)
        .filter((pod) => pod.metadata.labels?.[clusterLabel] === name && isReady(pod) && !isTerminating(pod))
        .flatMap((pod) => pod.status?.podIP ?? []);
    const api = await ReadyPodsProxy.open(ready, ports.api);
    const redirect = await ReadyPodsProxy.open(ready, ports.redirect);
    return {
      api: `http://127.0.0.1:${api.port}`,
      redirect: `http://127.0.0.1:${redirect.port}`,
      [Symbol.asyncDispose]: async () => {
        await api[Symbol.asyncDispose]();
        await redirect[Symbol.asyncDispose]();
      },
    };
  }

  async objectStore(): Promise<ObjectStore> {
    const server = await startS3Server('versitygw');
    this.#s3.push(server);
    const { bucket, endpoint, region } = server.place('');
    const { credentials } = server;
    return { bucket, endpoint, region, credentials, away: () => server.down(), back: () => server.up() };
  }

  async podLog(namespace: string, pod: string): Promise<string> {
    return this.#runtime.log(namespace, pod);
  }

  async versions(): Promise<Readonly<Record<string, string>>> {
    return { 'Node.js': process.version, Kubernetes: 'double' };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.operator.end();
    this.#isClosing = true;
    await this.#passing;
    this.#runtime.killAll();
    for (const server of this.#s3) await server.stop();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  #newMachines(): Machines {
    const setMachine: KubeDouble['setMachine'] = (machine, state) => this.#double.setMachine(machine, state);
    return {
      off: async (machine) => {
        this.#runtime.killAll(machine);
        setMachine(machine, 'off');
      },
      on: async (machine) => setMachine(machine, 'up'),
      // To others a machine that is cut off looks as one that stands still.
      cutOff: async (machine) => {
        this.#runtime.freeze(machine, true);
        setMachine(machine, 'cut-off');
      },
      reconnect: async (machine) => {
        this.#runtime.freeze(machine, false);
        setMachine(machine, 'up');
      },
    };
  }

  async #passTime(): Promise<void> {
    let lastMs = performance.now();
    while (!this.#isClosing) {
      await new Promise((resolve) => setTimeout(resolve, stepMs));
      const nowMs = performance.now();
      await this.#double.clock.advance(nowMs - lastMs);
      lastMs = nowMs;
      await this.#double.settle();
    }
  }
}
