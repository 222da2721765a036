// SPDX-License-Identifier: Apache-2.0
import type { KubeDiscovery } from '../../ports/discovery.ts';
import type { KubeObject, ObjectKey, Resource } from '../../ports/kube-api.ts';
import { jittered } from '../backoff.ts';
import { reasonOf, sleep } from '../waiting.ts';
import type { IndexName } from './indexes.ts';
import { Informer, type InformerOptions } from './informer.ts';

/** How often the server is asked whether it knows the kind by now, or no longer. */
const askAgainMs = 5 * 60_000;
const afterFailureMs = 30_000;
/** Nobody waits longer than this for a first answer. */
const settleMs = 10_000;

export interface OptionalInformerOptions extends InformerOptions {
  readonly discovery: KubeDiscovery;
  /** Is told of an informer before it runs. */
  readonly onInformer: (informer: Informer) => void;
}

/** A cache of a kind that Kubernetes may not know, such as that of another operator: it is followed while it is known. */
export class OptionalInformer {
  readonly resource: Resource;
  /** Once it is known whether the kind is there and, where it is, the cache is complete; never waits for long. */
  readonly settled: Promise<void>;
  readonly #options: OptionalInformerOptions;
  readonly #settle: PromiseWithResolvers<void> = Promise.withResolvers();
  #informer: Informer | undefined;
  #isServed: boolean | undefined;

  constructor(options: OptionalInformerOptions) {
    this.#options = options;
    this.resource = options.resource;
    this.settled = this.#settle.promise;
  }

  /** Why nothing can be found here, in words; undefined: the cache is complete. */
  get absence(): string | undefined {
    const { kind, plural, apiVersion } = this.resource;
    if (this.#informer?.hasSynced === true) return undefined;
    if (this.#isServed === false) return `Kubernetes knows no ${kind} of ${apiVersion}`;
    return `the ${plural} of ${apiVersion} have not been listed yet`;
  }

  get(key: ObjectKey): KubeObject | undefined {
    return this.#informer?.get(key);
  }

  list(): readonly KubeObject[] {
    return this.#informer?.list() ?? [];
  }

  byIndex(name: IndexName, value: string): readonly KubeObject[] {
    return this.#informer?.byIndex(name, value) ?? [];
  }

  /** What follows the kind; undefined while it is not known. */
  get informer(): Informer | undefined {
    return this.#informer;
  }

  /** Asks and follows until `signal` is aborted; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random, logger } = this.#options;
    const cancel = clock.after(settleMs, () => this.#settle.resolve());
    let following = new AbortController();
    signal.addEventListener('abort', () => following.abort(reasonOf(signal)), { once: true });
    while (!signal.aborted) {
      let waitMs = askAgainMs;
      try {
        this.#isServed = await this.#options.discovery.serves(this.resource, signal);
        if (this.#isServed) this.#follow(following.signal);
        else {
          following.abort(new Error(`there are no ${this.resource.plural} any more`));
          following = new AbortController();
          this.#informer = undefined;
          this.#settle.resolve();
        }
      } catch (error) {
        if (signal.aborted) break;
        waitMs = afterFailureMs;
        logger.warn('whether Kubernetes knows a kind could not be found out', { kind: this.resource.kind, error });
      }
      await sleep(clock, jittered(waitMs, random), signal).catch(() => {});
    }
    following.abort(reasonOf(signal));
    cancel();
    this.#settle.resolve();
  }

  #follow(signal: AbortSignal): void {
    if (this.#informer !== undefined) return;
    const informer = new Informer(this.#options);
    this.#informer = informer;
    this.#options.onInformer(informer);
    informer.synced.then(
      () => this.#settle.resolve(),
      () => {},
    );
    void informer.run(signal);
  }
}
