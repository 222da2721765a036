// SPDX-License-Identifier: Apache-2.0

/** What runs events: a process may be paused, and a dead one runs nothing any more. */
export interface Owner {
  readonly isAlive: boolean;
  readonly pausedUntilUs: number;
  /** An event of this owner threw. */
  failed(error: unknown): void;
}

export interface QueuedEvent {
  atUs: number;
  /** Order of events at one moment. */
  sequence: number;
  readonly owner: Owner | undefined;
  /** Undefined once it was cancelled. */
  run: (() => void) | undefined;
  /** Runs in its place when the owner is dead by then. */
  readonly otherwise: (() => void) | undefined;
}

/** A binary heap by time, then by order of insertion. */
export class EventQueue {
  readonly #heap: QueuedEvent[] = [];

  get size(): number {
    return this.#heap.length;
  }

  peek(): QueuedEvent | undefined {
    return this.#heap[0];
  }

  push(event: QueuedEvent): void {
    const heap = this.#heap;
    let child = heap.length;
    heap.push(event);
    while (child > 0) {
      const parent = (child - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || isBefore(above, event)) break;
      heap[child] = above;
      child = parent;
    }
    heap[child] = event;
  }

  pop(): QueuedEvent | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let parent = 0;
    for (;;) {
      let child = 2 * parent + 1;
      const right = heap[child + 1];
      let smaller = heap[child];
      if (smaller === undefined) break;
      if (right !== undefined && isBefore(right, smaller)) {
        smaller = right;
        child++;
      }
      if (isBefore(last, smaller)) break;
      heap[parent] = smaller;
      parent = child;
    }
    heap[parent] = last;
    return first;
  }
}

function isBefore(a: QueuedEvent, b: QueuedEvent): boolean {
  return a.atUs < b.atUs || (a.atUs === b.atUs && a.sequence < b.sequence);
}
