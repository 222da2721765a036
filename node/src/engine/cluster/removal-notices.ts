// SPDX-License-Identifier: Apache-2.0
import type { NodeId } from '@shortlink/common/ids.ts';
import type { ClusterMap } from '../../core/cluster/cluster-map.ts';
import type { ClusterLiveness } from '../../core/cluster/liveness.ts';

/**
 * A node that is removed says from the beginning of it that it is not ready. Before it is no member any more, and can answer
 * nobody, those who send it requests must have had the time to hear of that. Soft state of the meta group's leader: another
 * one waits anew.
 */
export class RemovalNotices {
  readonly #noticeMs: number;
  readonly #sinceMs = new Map<NodeId, number>();

  /** @param noticeMs 0: nobody has to hear of it. */
  constructor(noticeMs: number) {
    this.#noticeMs = noticeMs;
  }

  /** @returns the nodes that must stay members for now. One that is silent serves nobody. */
  look(map: ClusterMap, { nodes }: ClusterLiveness, nowMs: number): ReadonlySet<NodeId> {
    const draining = map.nodes.filter(({ state }) => state === 'draining').map(({ id }) => id);
    for (const id of this.#sinceMs.keys()) if (!draining.includes(id)) this.#sinceMs.delete(id);
    for (const id of draining) if (!this.#sinceMs.has(id)) this.#sinceMs.set(id, nowMs);
    const isServing = (id: NodeId): boolean => nodes.some((node) => node.id === id && node.state === 'ALIVE');
    return new Set(draining.filter((id) => isServing(id) && nowMs - (this.#sinceMs.get(id) ?? nowMs) < this.#noticeMs));
  }
}
