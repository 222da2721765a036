// SPDX-License-Identifier: Apache-2.0
import type { NodeId } from '@shortlink/common/ids.ts';
import { hashText, mix32 } from './hash.ts';
import type { Ring } from './ring.ts';

/** More probes make shares more equal than more virtual nodes do, for the same memory (multi-probe consistent hashing). */
const probes = 8;

/**
 * The nodes that should hold a chunk, the first one first; fewer than `copies` where the ring has fewer nodes.
 *
 * The chunk has eight points on the ring. Nodes are met in the order in which their virtual nodes come after any of
 * those points. Of each zone the node that is met first is its first choice, the next one its second, and so on: all
 * first choices are better than any second one, and so copies lie in different zones where there are any. A node that
 * is added takes at most one copy of a chunk, and no other node gets one (P-I2).
 */
export function place(ring: Ring, chunkId: string, copies: number): readonly NodeId[] {
  const wanted = Math.min(copies, ring.members.length);
  const quotas = quotasOf(ring, wanted);
  const pickedByChoice = quotas.map((): NodeId[] => []);
  const metOfZone = new Uint16Array(ring.zoneSizes.length);
  const isMet = new Uint8Array(ring.members.length);
  const walk = new Walk(ring, chunkId);
  for (let left = wanted; left > 0;) {
    const member = walk.next();
    if (isMet[member] === 1) continue;
    isMet[member] = 1;
    const zone = ring.zoneOfMember[member] ?? 0;
    const choice = metOfZone[zone] ?? 0;
    metOfZone[zone] = choice + 1;
    const picked = pickedByChoice[choice];
    const id = ring.members[member]?.id;
    if (picked === undefined || id === undefined || picked.length >= (quotas[choice] ?? 0)) continue;
    picked.push(id);
    left--;
  }
  return pickedByChoice.flat();
}

/** How many first choices of zones are taken, how many second ones, … */
function quotasOf({ zoneSizes }: Ring, wanted: number): readonly number[] {
  const quotas: number[] = [];
  for (let left = wanted; left > 0;) {
    const choice = quotas.length;
    const quota = Math.min(left, zoneSizes.filter((size) => size > choice).length);
    quotas.push(quota);
    left -= quota;
  }
  return quotas;
}

/** Goes round the ring from all points of a chunk at once, to the nearest virtual node that was not met from there. */
class Walk {
  readonly #ring: Ring;
  readonly #starts = new Float64Array(probes);
  readonly #at = new Int32Array(probes);
  readonly #distances = new Float64Array(probes);

  constructor(ring: Ring, chunkId: string) {
    this.#ring = ring;
    const { a, b } = hashText(chunkId);
    for (let probe = 0; probe < probes; probe++) {
      // An odd step, so that no two points of a chunk are the same.
      const start = mix32(a + Math.imul(probe, b | 1));
      const at = firstFrom(ring.points, start);
      this.#starts[probe] = start;
      this.#at[probe] = at;
      this.#distances[probe] = ((ring.points[at] ?? 0) - start) >>> 0;
    }
  }

  /** Index of the member that owns the next virtual node. To be called only while a member was not met. */
  next(): number {
    let nearest = 0;
    for (let probe = 1; probe < probes; probe++) {
      if ((this.#distances[probe] ?? 0) < (this.#distances[nearest] ?? 0)) nearest = probe;
    }
    const { points, owners } = this.#ring;
    const at = this.#at[nearest] ?? 0;
    const following = at + 1 === points.length ? 0 : at + 1;
    const distance = ((points[following] ?? 0) - (this.#starts[nearest] ?? 0)) >>> 0;
    // Once round: everything was met from this point.
    const isRound = distance < (this.#distances[nearest] ?? 0) || points.length === 1;
    this.#at[nearest] = following;
    this.#distances[nearest] = isRound ? Number.POSITIVE_INFINITY : distance;
    return owners[at] ?? 0;
  }
}

/** Index of the first point at or after `start`, round the end. */
function firstFrom(points: Uint32Array, start: number): number {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((points[middle] ?? 0) < start) low = middle + 1;
    else high = middle;
  }
  return low === points.length ? 0 : low;
}
