// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../../src/ports/clock.ts';
import type { KubeDiscovery } from '../../src/ports/discovery.ts';
import type {
  ApplyOptions,
  DeleteOptions,
  KubeApi,
  KubeObject,
  ListOptions,
  ListPage,
  ObjectKey,
  Resource,
  WatchEvent,
  WatchOptions,
} from '../../src/ports/kube-api.ts';
import type { Manager } from '../apply/managed-fields.ts';
import { CacheLag } from './cache-lag.ts';
import type { Core } from './core.ts';
import { evictPod } from './eviction.ts';
import { listPage } from './lists.ts';
import { visibleRevision, watchEvents } from './watches.ts';

/** Creates and replaces carry no manager of their own: the API server then takes the name of the program. */
const client: Manager = { manager: 'client', operation: 'Update', subresource: undefined };

/** The double's front for one client: the port of the operator over the rules of the API server. */
export class ApiServer implements KubeApi, KubeDiscovery {
  readonly lag = new CacheLag();
  readonly #core: Core;
  readonly #clock: Clock;

  constructor(core: Core, clock: Clock) {
    this.#core = core;
    this.#clock = clock;
  }

  serves({ apiVersion, plural }: Resource, signal: AbortSignal): Promise<boolean> {
    return this.#answer(signal, () =>
      this.#core.kinds.some(({ resource }) => resource.apiVersion === apiVersion && resource.plural === plural),
    );
  }

  get(resource: Resource, key: ObjectKey, signal: AbortSignal): Promise<KubeObject | undefined> {
    return this.#answer(signal, () => this.#core.get(resource, key));
  }

  list(resource: Resource, options: ListOptions, signal: AbortSignal): Promise<ListPage> {
    return this.#answer(signal, () => {
      const kind = this.#core.kindOf(resource);
      const source = { store: this.#core.store, clock: this.#clock, lag: this.lag };
      return listPage(this.#core.store, kind.resource, options, visibleRevision(source));
    });
  }

  async *watch(resource: Resource, options: WatchOptions, signal: AbortSignal): AsyncIterable<WatchEvent> {
    const kind = this.#core.kindOf(resource);
    yield* watchEvents({ store: this.#core.store, clock: this.#clock, lag: this.lag }, kind.resource, options, signal);
  }

  create(resource: Resource, object: KubeObject, signal: AbortSignal): Promise<KubeObject> {
    return this.#answer(signal, () => this.#core.create(resource, object, client));
  }

  replace(resource: Resource, object: KubeObject, signal: AbortSignal): Promise<KubeObject> {
    return this.#answer(signal, () => this.#core.replace(resource, object, client));
  }

  apply(resource: Resource, object: KubeObject, options: ApplyOptions, signal: AbortSignal): Promise<KubeObject> {
    const by: Manager = { manager: options.fieldManager, operation: 'Apply', subresource: options.subresource };
    return this.#answer(signal, () => this.#core.apply(resource, object, by, options));
  }

  delete(resource: Resource, key: ObjectKey, options: DeleteOptions, signal: AbortSignal): Promise<boolean> {
    return this.#answer(signal, () => this.#core.delete(resource, key, options));
  }

  evict(pod: ObjectKey, options: DeleteOptions, signal: AbortSignal): Promise<void> {
    return this.#answer(signal, () => {
      evictPod(this.#core, pod, options);
    });
  }

  /** Never in the turn of the question, as over a network. */
  async #answer<T>(signal: AbortSignal, act: () => T): Promise<T> {
    signal.throwIfAborted();
    await Promise.resolve();
    signal.throwIfAborted();
    return act();
  }
}
