// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../../src/ports/clock.ts';
import type { KubeObject, Resource, WatchEvent, WatchOptions } from '../../src/ports/kube-api.ts';
import { fieldsOf, mapIn, objectOf } from '../objects/json.ts';
import type { CacheLag } from './cache-lag.ts';
import { badRequest, expired } from './failures.ts';
import { selectorTest } from './label-selector.ts';
import type { ObjectStore, StoredEvent } from './object-store.ts';

/** The API server sends one a minute or so, and one before it ends a watch. */
const bookmarkEveryMs = 60_000;

export interface WatchSource {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly lag: CacheLag;
}

export function visibleRevision(source: WatchSource): number {
  return Math.max(source.store.revision - source.lag.events, source.store.forgotten);
}

function eventOf(event: StoredEvent, isWanted: (object: KubeObject) => boolean): WatchEvent | undefined {
  const was = event.before !== undefined && isWanted(event.before);
  const is = event.after !== undefined && isWanted(event.after);
  if (is && event.after !== undefined) return { type: was ? 'MODIFIED' : 'ADDED', object: event.after };
  if (!was || event.before === undefined) return undefined;
  // The last state with the version of its end, so that a watch can go on after it.
  const last = fieldsOf(event.after ?? event.before);
  const metadata = { ...mapIn(last, 'metadata'), resourceVersion: String(event.revision) };
  return { type: 'DELETED', object: objectOf({ ...last, metadata }) };
}

function positionOf(options: WatchOptions): number {
  if (!/^\d+$/.test(options.resourceVersion)) throw badRequest(`invalid resource version "${options.resourceVersion}"`);
  return Number(options.resourceVersion);
}

/** Sleeps until something happens that a watch should look at. */
class Alarm {
  #isRung = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#isRung = true;
    this.#wake?.();
  }

  async wait(): Promise<void> {
    if (!this.#isRung) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#isRung = false;
    this.#wake = undefined;
  }
}

/** What happens to the objects of a resource after a version, until the time-out that the client asked for. */
export async function* watchEvents(
  source: WatchSource,
  resource: Resource,
  options: WatchOptions,
  signal: AbortSignal,
): AsyncGenerator<WatchEvent, void, undefined> {
  const { store, clock, lag } = source;
  signal.throwIfAborted();
  const isSelected = selectorTest(options.labelSelector);
  const isWanted = (object: KubeObject): boolean =>
    isSelected(object.metadata.labels) &&
    (options.namespace === undefined || object.metadata.namespace === options.namespace);
  let position = positionOf(options);
  const alarm = new Alarm();
  let isOver = false;
  let isBookmarkDue = false;
  const ring = (): void => {
    alarm.ring();
  };
  const stops = [store.onChange(ring), lag.onChange(ring)];
  stops.push(clock.after(options.timeoutSeconds * 1000, () => ((isOver = true), ring())));
  let stopBookmarks = clock.after(bookmarkEveryMs, () => ((isBookmarkDue = true), ring()));
  signal.addEventListener('abort', ring);
  try {
    for (;;) {
      signal.throwIfAborted();
      if (position < store.forgotten) throw expired(`resource version ${position}`);
      const event = store.eventAfter(position);
      if (event !== undefined && event.revision <= visibleRevision(source)) {
        position = event.revision;
        const seen = isSame(event.resource, resource) ? eventOf(event, isWanted) : undefined;
        if (seen !== undefined) yield seen;
        continue;
      }
      if (isBookmarkDue || isOver) yield { type: 'BOOKMARK', resourceVersion: String(position) };
      if (isOver) return;
      if (isBookmarkDue) stopBookmarks = clock.after(bookmarkEveryMs, () => ((isBookmarkDue = true), ring()));
      isBookmarkDue = false;
      await alarm.wait();
    }
  } finally {
    for (const stop of stops) stop();
    stopBookmarks();
    signal.removeEventListener('abort', ring);
  }
}

function isSame(a: Resource, b: Resource): boolean {
  return a.apiVersion === b.apiVersion && a.plural === b.plural;
}
