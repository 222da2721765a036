// SPDX-License-Identifier: Apache-2.0
import type {
  CallFate,
  FaultRates,
  ObjectFault,
  ObjectFaults,
  ObjectOperation,
} from '../object-store/object-faults.ts';
import { SeededFaults } from '../object-store/object-faults.ts';
import type { SimNode } from '../sim-node.ts';
import type { SimRandom } from '../sim-random.ts';

export const chunkFaultNames = [
  'object store fails',
  'object store away',
  'object store slow',
  'crash in work on chunks',
  'lost copies',
  'rotten copy',
  'disk full of copies',
] as const;
export type ChunkFaultName = (typeof chunkFaultNames)[number];

const second = 1_000_000;
const toxics: readonly ObjectFault[] = [
  'timeoutBefore',
  'timeoutAfter',
  'torn',
  'lostAnswer',
  'throttled',
  'conflict',
  'existsAfterOwn',
  'flippedByte',
  'staleList',
];
/** What happens now and then to anybody. */
const usual: FaultRates = { probability: 0.03, faults: toxics, maxDelayMs: 30 };
const none: FaultRates = { probability: 0, faults: [], maxDelayMs: 0 };

/** Repairs something after a while, at the latest when all faults are over. */
export type RepairLater = (delayUs: number, repair: () => void) => void;

/** What goes wrong with the object store and with copies on disks. */
export class ChunkFaults implements ObjectFaults {
  readonly #random: SimRandom;
  readonly #rates: SeededFaults;

  constructor(random: SimRandom) {
    this.#random = random;
    this.#rates = new SeededFaults(random.split('object store'), usual);
  }

  /** A document that was stored wrong is told by its checksum and replaced by the next one; what matters is chunks. */
  next(operation: ObjectOperation, name: string): CallFate {
    const fate = this.#rates.next(operation);
    const isHarmless = operation === 'put' && fate.fault === 'flippedByte' && !name.includes('/chunks/');
    return isHarmless ? { ...fate, fault: undefined } : fate;
  }

  /** @returns false when it is not possible now. */
  inject(name: ChunkFaultName, node: SimNode, repairLater: RepairLater): boolean {
    const random = this.#random;
    const { copies, process } = node;
    switch (name) {
      case 'object store fails':
        return this.#change(repairLater, {
          probability: random.pick([0.2, 0.5]),
          faults: random.shuffle(toxics).slice(0, 4),
          maxDelayMs: 200,
        });
      case 'object store away':
        return this.#change(repairLater, {
          probability: 1,
          faults: ['timeoutBefore', 'torn', 'throttled'],
          maxDelayMs: 20,
        });
      case 'object store slow':
        return this.#change(repairLater, { ...usual, maxDelayMs: random.pick([2_000, 12_000]) });
      case 'crash in work on chunks':
        process?.crashInChunkWork(random.int(12));
        return true;
      case 'lost copies':
        for (const lost of copies.files.keys()) if (random.chance(0.7)) copies.files.delete(lost);
        return true;
      case 'rotten copy':
        return this.#rot(node);
      case 'disk full of copies':
        copies.maxBytes = 0;
        repairLater(random.between(second, 20 * second), () => (copies.maxBytes = Number.POSITIVE_INFINITY));
        return true;
    }
  }

  stop(): void {
    this.#rates.rates = none;
  }

  #change(repairLater: RepairLater, rates: FaultRates): boolean {
    this.#rates.rates = rates;
    repairLater(this.#random.between(second, 25 * second), () => {
      if (this.#rates.rates === rates) this.#rates.rates = usual;
    });
    return true;
  }

  #rot({ copies }: SimNode): boolean {
    const names = [...copies.files.keys()];
    if (names.length === 0) return false;
    const name = this.#random.pick(names);
    return copies.corrupt(name, this.#random.int(copies.files.get(name)?.length ?? 1));
  }
}
