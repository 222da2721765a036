// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../ports/clock.ts';
import type { KubeApi, KubeObject, ObjectKey, Resource } from '../ports/kube-api.ts';
import { keyOfObject, keyText } from '../ports/resource-key.ts';

/** What was there is believed so long. */
const freshMs = 5 * 60_000;
const maxObjects = 10_000;

interface Seen {
  readonly object: KubeObject;
  readonly atMs: number;
}

/**
 * Objects that are looked at one by one, and seldom, since the operator may neither list nor watch them: Secrets. What is missing
 * is asked for every time.
 */
export class Lookups {
  readonly #api: KubeApi;
  readonly #clock: Clock;
  readonly #seen = new Map<string, Seen>();

  constructor(api: KubeApi, clock: Clock) {
    this.#api = api;
    this.#clock = clock;
  }

  /** As it was at most five minutes ago. */
  async get(resource: Resource, key: ObjectKey, signal: AbortSignal): Promise<KubeObject | undefined> {
    const known = this.#seen.get(idOf(resource, key));
    if (known !== undefined && this.#clock.monotonicMs() - known.atMs < freshMs) return known.object;
    const object = await this.#api.get(resource, key, signal);
    if (object === undefined) this.forget(resource, key);
    else this.put(resource, object);
    return object;
  }

  /** What a write has made of it. */
  put(resource: Resource, object: KubeObject): void {
    const id = idOf(resource, keyOfObject(object));
    // Oldest first.
    this.#seen.delete(id);
    this.#seen.set(id, { object, atMs: this.#clock.monotonicMs() });
    const [oldest] = this.#seen.keys();
    if (this.#seen.size > maxObjects && oldest !== undefined) this.#seen.delete(oldest);
  }

  /** It may be another one by now. */
  forget(resource: Resource, key: ObjectKey): void {
    this.#seen.delete(idOf(resource, key));
  }
}

function idOf({ plural }: Resource, key: ObjectKey): string {
  return `${plural} ${keyText(key)}`;
}
