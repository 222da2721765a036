// SPDX-License-Identifier: Apache-2.0
import { KubeError } from '../../ports/kube-api.ts';
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
} from '../../ports/kube-api.ts';
import { keyOfObject, keyText } from '../../ports/resource-key.ts';
import { deepFrozen } from './deep-frozen.ts';

/** One call, as scripts see it. */
export interface Call {
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'replace' | 'apply' | 'delete' | 'evict';
  readonly resource: string;
  readonly name: string | undefined;
  readonly options: ListOptions | WatchOptions | ApplyOptions | DeleteOptions | undefined;
  readonly object: KubeObject | undefined;
}

interface Recorded {
  readonly version: number;
  readonly resource: string;
  readonly event: Exclude<WatchEvent, { readonly type: 'BOOKMARK' }>;
}

interface Watcher {
  readonly resource: string;
  readonly push: (event: WatchEvent) => void;
  readonly end: (error: Error | undefined) => void;
}

/** A small API server in memory: objects, history, watches, and scripts for what goes wrong. Objects are frozen. */
export class MemoryKubeApi implements KubeApi {
  readonly calls: Call[] = [];
  /** Runs before each call; what it throws is the answer. */
  before: (call: Call, signal: AbortSignal) => Promise<void> | void = () => {};
  /** Runs after each write that succeeded; what it throws hides the success. */
  after: (call: Call) => Promise<void> | void = () => {};
  readonly #objects = new Map<string, KubeObject>();
  readonly #history: Recorded[] = [];
  readonly #watchers = new Set<Watcher>();
  readonly #snapshots = new Map<string, { readonly items: readonly KubeObject[]; readonly version: string }>();
  #version = 100;
  #oldest = 0;
  #uids = 0;

  get watchers(): number {
    return this.#watchers.size;
  }

  verbs(): readonly string[] {
    return this.calls.map(({ verb }) => verb);
  }

  /** Objects of a resource as they are now. */
  objects(resource: Resource): readonly KubeObject[] {
    return [...this.#objects].filter(([id]) => id.startsWith(`${resource.plural}:`)).map(([, object]) => object);
  }

  /** Forgets all history: older versions are too old to watch from, and lists cannot be continued. */
  compact(): void {
    this.#oldest = this.#version;
    this.#snapshots.clear();
  }

  /** Ends all watches, as a server does at its time-out (undefined), or as a failure. */
  endWatches(error?: Error): void {
    for (const watcher of this.#watchers) watcher.end(error);
  }

  bookmark(resource: Resource): void {
    this.#version++;
    const event: WatchEvent = { type: 'BOOKMARK', resourceVersion: String(this.#version) };
    for (const watcher of this.#watchers) if (watcher.resource === resource.plural) watcher.push(event);
  }

  /** Writes as somebody else: no script sees it. */
  put(resource: Resource, object: KubeObject): KubeObject {
    const id = idOf(resource, keyOfObject(object));
    const old = this.#objects.get(id);
    this.#version++;
    const metadata = {
      ...object.metadata,
      uid: object.metadata.uid ?? old?.metadata.uid ?? `uid-${++this.#uids}`,
      resourceVersion: String(this.#version),
    };
    const stored = deepFrozen({ ...object, metadata });
    this.#objects.set(id, stored);
    this.#record(resource, { type: old === undefined ? 'ADDED' : 'MODIFIED', object: stored });
    return stored;
  }

  /** Removes as somebody else. */
  remove(resource: Resource, key: ObjectKey): boolean {
    const old = this.#objects.get(idOf(resource, key));
    if (old === undefined) return false;
    this.#version++;
    this.#objects.delete(idOf(resource, key));
    const metadata = { ...old.metadata, resourceVersion: String(this.#version) };
    this.#record(resource, { type: 'DELETED', object: deepFrozen({ ...old, metadata }) });
    return true;
  }

  async get(resource: Resource, key: ObjectKey, signal: AbortSignal): Promise<KubeObject | undefined> {
    await this.#begin({ verb: 'get', resource, name: key.name }, signal);
    return this.#objects.get(idOf(resource, key));
  }

  async list(resource: Resource, options: ListOptions, signal: AbortSignal): Promise<ListPage> {
    await this.#begin({ verb: 'list', resource, options }, signal);
    const [id, from] = (options.continue ?? '').split('@');
    const open = options.continue === undefined ? undefined : this.#snapshots.get(id ?? '');
    if (options.continue !== undefined && open === undefined) throw expired();
    const snapshot = open ?? { items: this.objects(resource), version: String(this.#version) };
    const start = Number(from ?? 0);
    const end = options.limit === undefined ? snapshot.items.length : start + options.limit;
    const isLast = end >= snapshot.items.length;
    const next = id === undefined || id === '' ? `s${this.#snapshots.size}` : id;
    if (!isLast) this.#snapshots.set(next, snapshot);
    return {
      items: snapshot.items.slice(start, end),
      resourceVersion: snapshot.version,
      continue: isLast ? undefined : `${next}@${end}`,
    };
  }

  async *watch(resource: Resource, options: WatchOptions, signal: AbortSignal): AsyncGenerator<WatchEvent> {
    await this.#begin({ verb: 'watch', resource, options }, signal);
    const from = Number(options.resourceVersion);
    if (from < this.#oldest) throw expired();
    const events: WatchEvent[] = this.#history
      .filter((one) => one.version > from && one.resource === resource.plural)
      .map(({ event }) => event);
    let ended: { readonly error: Error | undefined } | undefined;
    let wake = () => {};
    const end = (error: Error | undefined) => {
      ended ??= { error };
      wake();
    };
    const watcher: Watcher = {
      resource: resource.plural,
      push: (event) => {
        events.push(event);
        wake();
      },
      end,
    };
    const onAbort = () => end(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    this.#watchers.add(watcher);
    try {
      for (;;) {
        for (let event = events.shift(); event !== undefined; event = events.shift()) yield event;
        if (ended?.error !== undefined) throw ended.error;
        if (ended !== undefined) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    } finally {
      this.#watchers.delete(watcher);
      signal.removeEventListener('abort', onAbort);
    }
  }

  async create(resource: Resource, object: KubeObject, signal: AbortSignal): Promise<KubeObject> {
    const call = await this.#begin({ verb: 'create', resource, name: object.metadata.name, object }, signal);
    if (this.#objects.has(idOf(resource, keyOfObject(object)))) {
      throw new KubeError(`${object.metadata.name} already exists`, { status: 409, reason: 'AlreadyExists' });
    }
    return this.#written(call, this.put(resource, object));
  }

  async replace(resource: Resource, object: KubeObject, signal: AbortSignal): Promise<KubeObject> {
    const call = await this.#begin({ verb: 'replace', resource, name: object.metadata.name, object }, signal);
    const old = this.#objects.get(idOf(resource, keyOfObject(object)));
    if (old === undefined) throw notFound(object.metadata.name);
    const { resourceVersion } = object.metadata;
    if (resourceVersion !== undefined && resourceVersion !== old.metadata.resourceVersion) {
      throw conflict(object.metadata.name);
    }
    return this.#written(call, this.put(resource, object));
  }

  /** Sets the top-level fields of the object, and labels and annotations; as on a server, no change makes no new version. */
  async apply(resource: Resource, object: KubeObject, options: ApplyOptions, signal: AbortSignal): Promise<KubeObject> {
    const call = await this.#begin({ verb: 'apply', resource, name: object.metadata.name, object, options }, signal);
    const old = this.#objects.get(idOf(resource, keyOfObject(object)));
    const merged = { ...old, ...object, metadata: { ...old?.metadata, ...object.metadata } };
    const isSame = old !== undefined && JSON.stringify(old) === JSON.stringify(merged);
    return this.#written(call, isSame ? old : this.put(resource, merged));
  }

  async delete(resource: Resource, key: ObjectKey, options: DeleteOptions, signal: AbortSignal): Promise<boolean> {
    const call = await this.#begin({ verb: 'delete', resource, name: key.name, options }, signal);
    const old = this.#objects.get(idOf(resource, key))?.metadata;
    const isOther =
      (options.uid !== undefined && options.uid !== old?.uid) ||
      (options.resourceVersion !== undefined && options.resourceVersion !== old?.resourceVersion);
    if (old !== undefined && isOther) throw conflict(key.name);
    return this.#written(call, this.remove(resource, key));
  }

  async evict(pod: ObjectKey, options: DeleteOptions, signal: AbortSignal): Promise<void> {
    const pods: Resource = { apiVersion: 'v1', kind: 'Pod', plural: 'pods', namespaced: true };
    await this.#begin({ verb: 'evict', resource: pods, name: pod.name, options }, signal);
    this.remove(pods, pod);
  }

  async #begin(
    call: Pick<Call, 'verb'> & Partial<Omit<Call, 'resource'>> & { readonly resource: Resource },
    signal: AbortSignal,
  ): Promise<Call> {
    const { verb, resource, name, options, object } = call;
    const made: Call = { verb, resource: resource.plural, name, options, object };
    this.calls.push(made);
    if (signal.aborted) throw signal.reason;
    await this.before(made, signal);
    return made;
  }

  async #written<T>(call: Call, result: T): Promise<T> {
    await this.after(call);
    return result;
  }

  #record(resource: Resource, event: Recorded['event']): void {
    this.#history.push({ version: this.#version, resource: resource.plural, event });
    for (const watcher of this.#watchers) if (watcher.resource === resource.plural) watcher.push(event);
  }
}

function idOf(resource: Resource, key: ObjectKey): string {
  return `${resource.plural}:${keyText(key)}`;
}

export function expired(): KubeError {
  return new KubeError('too old resource version', { status: 410, reason: 'Expired' });
}

function notFound(name: string): KubeError {
  return new KubeError(`${name} not found`, { status: 404, reason: 'NotFound' });
}

function conflict(name: string): KubeError {
  return new KubeError(`${name} has changed`, { status: 409, reason: 'Conflict' });
}
