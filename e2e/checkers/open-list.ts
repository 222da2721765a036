// SPDX-License-Identifier: Apache-2.0
import { defined } from '@shortlink/common/assert.ts';
import type { Operation } from './history.ts';

/** No further candidate. */
export const NONE = -1;

/**
 * The operations that a search has not placed yet: the calls and returns of completed operations as one doubly linked list
 * in the order of the history, and the calls of pending operations as another. Taking an operation out and putting it back
 * are O(1) (Wing & Gong's algorithm as Lowe states it, "Testing for linearizability", 2017).
 *
 * Node 2·o is the call and node 2·o + 1 the return of operation o; the node after all others is the head of both lists.
 */
export interface OpenList {
  readonly completedCount: number;
  readonly operationCount: number;
  readonly next: Int32Array;
  readonly previous: Int32Array;
  /** The position in the history of each node. */
  readonly positions: Float64Array;
  readonly completedHead: number;
  readonly pendingHead: number;
}

/** @param operations the completed ones first, both halves in the order of invocation. */
export function createOpenList(operations: readonly Operation<unknown, unknown>[], completedCount: number): OpenList {
  const nodeCount = operations.length * 2 + 2;
  const list: OpenList = {
    completedCount,
    operationCount: operations.length,
    next: new Int32Array(nodeCount),
    previous: new Int32Array(nodeCount),
    positions: new Float64Array(nodeCount).fill(Number.POSITIVE_INFINITY),
    completedHead: nodeCount - 2,
    pendingHead: nodeCount - 1,
  };
  for (const [index, operation] of operations.entries()) {
    list.positions[index * 2] = operation.calledAt;
    list.positions[index * 2 + 1] = operation.returnedAt ?? Number.POSITIVE_INFINITY;
  }
  const completedNodes = Array.from({ length: completedCount * 2 }, (_, node) => node);
  completedNodes.sort((a, b) => positionOf(list, a) - positionOf(list, b));
  link(list, list.completedHead, completedNodes);
  const pendingNodes = operations.slice(completedCount).map((_, index) => (completedCount + index) * 2);
  link(list, list.pendingHead, pendingNodes);
  return list;
}

function link(list: OpenList, head: number, nodes: readonly number[]): void {
  let last = head;
  for (const node of nodes) {
    list.next[last] = node;
    list.previous[node] = last;
    last = node;
  }
  list.next[last] = head;
  list.previous[head] = last;
}

/** Takes a placed operation out. */
export function take(list: OpenList, operation: number): void {
  unlink(list, operation * 2);
  if (operation < list.completedCount) unlink(list, operation * 2 + 1);
}

/** Undoes `take`. Operations must come back in the reverse of the order in which they were taken. */
export function putBack(list: OpenList, operation: number): void {
  if (operation < list.completedCount) relink(list, operation * 2 + 1);
  relink(list, operation * 2);
}

function unlink(list: OpenList, node: number): void {
  const next = nextOf(list, node);
  const previous = defined(list.previous[node], 'previous node');
  list.next[previous] = next;
  list.previous[next] = previous;
}

function relink(list: OpenList, node: number): void {
  list.next[defined(list.previous[node], 'previous node')] = node;
  list.previous[nextOf(list, node)] = node;
}

/** The completed operation whose return comes first: everything that can be placed now was called before it. */
export function firstToReturn(list: OpenList): number {
  let node = nextOf(list, list.completedHead);
  while ((node & 1) === 0 && node !== list.completedHead) node = nextOf(list, node);
  return node === list.completedHead ? NONE : node >>> 1;
}

/**
 * The operation to try after `tried` (`NONE` to begin): those called before `deadline` returns.
 * Completed ones come first, because each of them must be placed, while a pending one only helps when nothing else fits.
 */
export function nextCandidate(list: OpenList, tried: number, deadline: number): number {
  if (tried < list.completedCount) {
    const node = nextOf(list, tried === NONE ? list.completedHead : tried * 2);
    if ((node & 1) === 0) return node >>> 1;
  }
  const node = nextOf(list, tried < list.completedCount ? list.pendingHead : tried * 2);
  return positionOf(list, node) < positionOf(list, deadline * 2 + 1) ? node >>> 1 : NONE;
}

/** The node after the given one; after the last comes the head again. */
export function nextOf(list: OpenList, node: number): number {
  return defined(list.next[node], 'next node');
}

export function positionOf(list: OpenList, node: number): number {
  return defined(list.positions[node], 'position of the node');
}
