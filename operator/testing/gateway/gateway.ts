// SPDX-License-Identifier: Apache-2.0
import { assert } from '@shortlink/common/assert.ts';
import type {
  ApplyOptions,
  DeleteOptions,
  KubeApi,
  KubeError,
  KubeObject,
  ListOptions,
  ListPage,
  ObjectKey,
  Resource,
  WatchEvent,
  WatchOptions,
} from '../../src/ports/kube-api.ts';
import { pods } from '../kinds/workloads.ts';
import { CrashPoints, CrashedError } from './crash-points.ts';
import { type Change, diff } from './diff.ts';
import { type Call, type FaultOptions, Faults, type Verb, errors } from './faults.ts';

export interface WriteRecord {
  readonly verb: Verb;
  readonly resource: Resource;
  readonly key: ObjectKey;
  readonly subresource: 'status' | undefined;
  /** Empty when the write changed nothing. */
  readonly changes: readonly Change[];
  /** `lost`: it happened, and the client was told of a failure. */
  readonly outcome: 'done' | 'failed' | 'lost';
}

interface Write extends Call {
  readonly key: ObjectKey;
  readonly subresource?: 'status' | undefined;
}

/** One client's way to the API server: counts and records writes, and fails as a test wants it. */
export class Gateway implements KubeApi {
  readonly faults = new Faults();
  readonly #api: KubeApi;
  readonly #points: CrashPoints;
  readonly #writes: WriteRecord[] = [];
  readonly #calls: Call[] = [];
  readonly #watches = new Set<AbortController>();
  #outage: { readonly mode: 'hang' | 'refuse'; readonly over: PromiseWithResolvers<void> } | undefined;

  constructor(api: KubeApi, points = new CrashPoints()) {
    this.#api = api;
    this.#points = points;
    points.onCrash(() => {
      this.#cut(new CrashedError('this process has ended'));
    });
  }

  /** Every write that was tried, in order; dry runs are none. */
  get writes(): readonly WriteRecord[] {
    return this.#writes;
  }

  /** Every call, reads and watches included. */
  get calls(): readonly Call[] {
    return this.#calls;
  }

  get openWatches(): number {
    return this.#watches.size;
  }

  fail(options: FaultOptions): void {
    this.faults.add(options);
  }

  /** Open watches break at once. */
  dropWatches(error: KubeError = errors.reset()): void {
    this.#cut(error);
  }

  /** `hang`: calls wait, watches are silent. `refuse`: calls fail, watches break. Until `restore`. */
  interrupt(mode: 'hang' | 'refuse'): void {
    assert(this.#outage === undefined, 'the API server is away already');
    this.#outage = { mode, over: Promise.withResolvers() };
    if (mode === 'refuse') this.#cut(errors.reset());
  }

  restore(): void {
    this.#outage?.over.resolve();
    this.#outage = undefined;
  }

  get(resource: Resource, key: ObjectKey, signal: AbortSignal): Promise<KubeObject | undefined> {
    return this.#read({ verb: 'get', resource, key, isWrite: false }, signal, () =>
      this.#api.get(resource, key, signal),
    );
  }

  list(resource: Resource, options: ListOptions, signal: AbortSignal): Promise<ListPage> {
    const call: Call = { verb: 'list', resource, key: undefined, isWrite: false };
    return this.#read(call, signal, () => this.#api.list(resource, options, signal));
  }

  async *watch(resource: Resource, options: WatchOptions, signal: AbortSignal): AsyncIterable<WatchEvent> {
    const call: Call = { verb: 'watch', resource, key: undefined, isWrite: false };
    await this.#enter(call, signal);
    const cut = new AbortController();
    this.#watches.add(cut);
    try {
      const either = AbortSignal.any([signal, cut.signal]);
      for await (const event of this.#api.watch(resource, options, either)) {
        await this.#pass(either);
        either.throwIfAborted();
        yield event;
      }
    } finally {
      this.#watches.delete(cut);
    }
  }

  create(resource: Resource, object: KubeObject, signal: AbortSignal): Promise<KubeObject> {
    const write: Write = { verb: 'create', resource, key: keyOf(object), isWrite: true };
    return this.#write(write, signal, () => this.#api.create(resource, object, signal));
  }

  replace(resource: Resource, object: KubeObject, signal: AbortSignal): Promise<KubeObject> {
    const write: Write = { verb: 'replace', resource, key: keyOf(object), isWrite: true };
    return this.#write(write, signal, () => this.#api.replace(resource, object, signal));
  }

  apply(resource: Resource, object: KubeObject, options: ApplyOptions, signal: AbortSignal): Promise<KubeObject> {
    const { subresource } = options;
    const isWrite = options.dryRun !== true;
    const write: Write = { verb: 'apply', resource, key: keyOf(object), subresource, isWrite };
    const act = (): Promise<KubeObject> => this.#api.apply(resource, object, options, signal);
    return isWrite ? this.#write(write, signal, act) : this.#read(write, signal, act);
  }

  delete(resource: Resource, key: ObjectKey, options: DeleteOptions, signal: AbortSignal): Promise<boolean> {
    const write: Write = { verb: 'delete', resource, key, isWrite: true };
    return this.#write(write, signal, () => this.#api.delete(resource, key, options, signal));
  }

  evict(pod: ObjectKey, options: DeleteOptions, signal: AbortSignal): Promise<void> {
    const write: Write = { verb: 'evict', resource: pods, key: pod, isWrite: true };
    return this.#write(write, signal, () => this.#api.evict(pod, options, signal));
  }

  async #read<T>(call: Call, signal: AbortSignal, act: () => Promise<T>): Promise<T> {
    const fault = await this.#enter(call, signal);
    const answer = await act();
    this.#points.check();
    if (fault !== undefined) throw fault.error;
    return answer;
  }

  async #write<T>(write: Write, signal: AbortSignal, act: () => Promise<T>): Promise<T> {
    const fault = await this.#enter(write, signal, (error) => {
      this.#record(write, [], 'failed');
      throw error;
    });
    const label = `${write.verb} ${write.resource.plural}${write.subresource === undefined ? '' : '/status'} ${write.key.name}`;
    return this.#points.around(label, async () => {
      const before = await this.#api.get(write.resource, write.key, signal);
      let answer: T;
      try {
        answer = await act();
      } catch (error) {
        this.#record(write, [], 'failed');
        throw error;
      }
      const after = await this.#api.get(write.resource, write.key, signal);
      this.#record(write, diff(before, after), fault === undefined ? 'done' : 'lost');
      if (fault !== undefined) throw fault.error;
      return answer;
    });
  }

  /** Every call comes by here; answers the failure that it will meet after it is done. */
  async #enter(
    call: Call,
    signal: AbortSignal,
    refuse?: (error: KubeError) => never,
  ): Promise<FaultOptions | undefined> {
    this.#points.check();
    this.#calls.push(call);
    await this.#pass(signal);
    const fault = this.faults.take(call);
    if (fault === undefined || fault.when === 'after') return fault;
    refuse?.(fault.error);
    throw fault.error;
  }

  async #pass(signal: AbortSignal): Promise<void> {
    while (this.#outage !== undefined) {
      if (this.#outage.mode === 'refuse') throw errors.refused();
      await Promise.race([this.#outage.over.promise, aborted(signal)]);
      signal.throwIfAborted();
      this.#points.check();
    }
  }

  #record(write: Write, changes: readonly Change[], outcome: WriteRecord['outcome']): void {
    const { verb, resource, key, subresource } = write;
    this.#writes.push({ verb, resource, key, subresource, changes, outcome });
  }

  #cut(reason: Error): void {
    for (const watch of this.#watches) watch.abort(reason);
  }
}

function keyOf(object: KubeObject): ObjectKey {
  return { namespace: object.metadata.namespace, name: object.metadata.name };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
