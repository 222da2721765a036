// SPDX-License-Identifier: Apache-2.0
import {
  KubeError,
  type ApplyOptions,
  type DeleteOptions,
  type KubeObject,
  type WatchEvent,
} from '../../src/ports/kube-api.ts';
import { type Pod, conditionOf, pods } from '../kinds/workloads.ts';
import type { ResourceOf } from '../server/kind.ts';
import { namespacesOf } from '../kinds/infrastructure.ts';
import type { ConformanceTarget } from './scenario.ts';

/** The condition that pods of scenarios need before they are ready; scenarios set it. */
export const gate = 'shortlink.dev/conformance-gate';

export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
}

/** What a scenario does to its own namespace. */
export class ScenarioTools {
  readonly target: ConformanceTarget;
  readonly namespace: string;
  readonly signal = new AbortController().signal;

  constructor(target: ConformanceTarget, namespace: string) {
    this.target = target;
    this.namespace = namespace;
  }

  async get<T extends KubeObject>(resource: ResourceOf<T>, name: string): Promise<T | undefined> {
    return (await this.target.api.get(resource, this.keyOf(resource, name), this.signal)) as T | undefined;
  }

  async must<T extends KubeObject>(resource: ResourceOf<T>, name: string): Promise<T> {
    const object = await this.get(resource, name);
    this.check(object !== undefined, `there is no ${resource.kind} ${name}`);
    return object;
  }

  async list<T extends KubeObject>(resource: ResourceOf<T>, labelSelector?: string): Promise<readonly T[]> {
    const page = await this.target.api.list(resource, { namespace: this.namespace, labelSelector }, this.signal);
    return page.items as readonly T[];
  }

  async create<T extends KubeObject>(resource: ResourceOf<T>, object: T): Promise<T> {
    return (await this.target.api.create(resource, this.#placed(resource, object), this.signal)) as T;
  }

  async replace<T extends KubeObject>(resource: ResourceOf<T>, object: T): Promise<T> {
    return (await this.target.api.replace(resource, object, this.signal)) as T;
  }

  async apply<T extends KubeObject>(
    resource: ResourceOf<T>,
    object: T,
    options: Partial<ApplyOptions> = {},
  ): Promise<T> {
    const all = { fieldManager: 'conformance', force: false, ...options };
    return (await this.target.api.apply(resource, this.#placed(resource, object), all, this.signal)) as T;
  }

  delete(resource: ResourceOf<KubeObject>, name: string, options: DeleteOptions = {}): Promise<boolean> {
    return this.target.api.delete(resource, this.keyOf(resource, name), options, this.signal);
  }

  evict(pod: string): Promise<void> {
    return this.target.api.evict({ namespace: this.namespace, name: pod }, {}, this.signal);
  }

  keyOf(
    resource: ResourceOf<KubeObject>,
    name: string,
  ): { readonly namespace: string | undefined; readonly name: string } {
    return { namespace: resource.namespaced ? this.namespace : undefined, name };
  }

  check(condition: boolean, message: string): asserts condition {
    if (!condition) throw new ScenarioError(message);
  }

  equal(actual: unknown, expected: unknown, what: string): void {
    const [a, e] = [JSON.stringify(actual), JSON.stringify(expected)];
    this.check(a === e, `${what}: ${a ?? 'undefined'} instead of ${e ?? 'undefined'}`);
  }

  /** Waits for it; the answer is what the probe found. */
  async eventually<T>(what: string, probe: () => Promise<T | false | undefined>): Promise<T> {
    for (let i = 0; i <= this.target.maxSettles; i++) {
      const found = await probe();
      if (found !== undefined && found !== false) return found;
      await this.target.settle();
    }
    throw new ScenarioError(`did not happen: ${what}`);
  }

  /** It is so, and stays so for a while. */
  async stays(what: string, probe: () => Promise<boolean>): Promise<void> {
    for (let i = 0; i < this.target.quietSettles; i++) {
      this.check(await probe(), `did not stay so: ${what}`);
      await this.target.settle();
    }
  }

  /** The status and reason of the refusal. */
  async refusal(act: () => Promise<unknown>): Promise<string> {
    try {
      await act();
    } catch (error) {
      if (error instanceof KubeError) return `${error.status} ${error.reason}`;
      throw error;
    }
    return 'done';
  }

  /** Events until there are enough of them, while the cluster works. */
  async watched<T extends KubeObject>(
    resource: ResourceOf<T>,
    from: { readonly resourceVersion: string; readonly labelSelector?: string },
    isEnough: (events: readonly WatchEvent[]) => boolean,
  ): Promise<readonly WatchEvent[]> {
    const stop = new AbortController();
    let isOver = false;
    const patience = async (): Promise<void> => {
      for (let i = 0; i <= this.target.maxSettles && !isOver; i++) await this.target.settle();
      stop.abort(new ScenarioError('not enough events came'));
    };
    const options = { ...from, timeoutSeconds: 300, namespace: resource.namespaced ? this.namespace : undefined };
    const waiting = patience();
    const events: WatchEvent[] = [];
    try {
      for await (const event of this.target.api.watch(resource, options, stop.signal)) {
        if (event.type !== 'BOOKMARK') events.push(event);
        if (isEnough(events)) break;
      }
      return events;
    } finally {
      isOver = true;
      await waiting;
    }
  }

  /** Opens or closes the readiness gate of a pod. */
  async setGate(name: string, isOpen: boolean): Promise<void> {
    const conditions = [{ type: gate, status: isOpen ? 'True' : 'False' }];
    const pod: object = { apiVersion: 'v1', kind: 'Pod', metadata: { name }, status: { conditions } };
    await this.apply(pods, pod as Pod, { subresource: 'status', force: true });
  }

  async becomesReady(name: string): Promise<Pod> {
    await this.eventually(`pod ${name} is there`, async () => {
      const pod = await this.get(pods, name);
      return pod !== undefined && pod.metadata.deletionTimestamp === undefined;
    });
    await this.setGate(name, true);
    return this.eventually(`pod ${name} is ready`, async () => {
      const pod = await this.must(pods, name);
      return conditionOf(pod, 'Ready')?.status === 'True' ? pod : undefined;
    });
  }

  async podNames(): Promise<readonly string[]> {
    return (await this.list(pods)).map((pod) => pod.metadata.name).toSorted();
  }

  /** Whoever ran the scenario is done with its namespace. */
  async dispose(): Promise<void> {
    await this.delete(namespacesOf, this.namespace);
  }

  #placed<T extends KubeObject>(resource: ResourceOf<T>, object: T): T {
    return resource.namespaced ? { ...object, metadata: { ...object.metadata, namespace: this.namespace } } : object;
  }
}
