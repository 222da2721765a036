// SPDX-License-Identifier: Apache-2.0
import type { RingSettings } from '../src/core/cluster/liveness.ts';
import { chunkFaultNames } from './chunks/chunk-faults.ts';
import type { ChunkFaultName } from './chunks/chunk-faults.ts';
import { chunkProfileOf } from './chunks/chunk-profile.ts';
import type { ChunkProfile } from './chunks/chunk-profile.ts';
import type { SimRandom } from './sim-random.ts';

const nodeFaultNames = [
  'crash',
  'crash in a turn',
  'crash all',
  'graceful restart',
  'long stop',
  'disk failure',
  'pause',
  'isolate',
  'cut one way',
  'split',
  'slow link',
  'break streams',
  'clock jump',
  'clock drift',
  'transfer leadership',
  'wipe',
  'add node',
  'remove node',
] as const;
export type FaultName = (typeof nodeFaultNames)[number] | ChunkFaultName;

/** What a seed decides about a run before it starts. */
export interface Profile {
  readonly founders: number;
  /** Nodes beside the founders, which may join later. */
  readonly spares: number;
  readonly initialShards: number;
  readonly compactEntries: number;
  readonly compactBytes: number;
  readonly delayUs: { readonly least: number; readonly most: number };
  readonly snapshotCutChance: number;
  /** Faults that may happen; a run concentrates on some of them. */
  readonly faults: readonly FaultName[];
  /** The same of the object store and of copies. */
  readonly chunkFaults: readonly FaultName[];
  /** Mean time between two faults. */
  readonly faultEveryUs: number;
  /** From the beginning, so that formation meets them, too. */
  readonly faultsFromStart: boolean;
  readonly clients: number;
  readonly thinkMs: number;
  /** Short in some runs, so that nodes go OUT and come back. */
  readonly ring: RingSettings;
  /** Undefined: there is no object store. */
  readonly chunks: ChunkProfile | undefined;
}

const usualRing: RingSettings = {
  suspectAfterMs: 5_000,
  downAfterMs: 15_000,
  outAfterMs: 600_000,
  brakePercent: 34,
};
const hastyRing: RingSettings = { suspectAfterMs: 1_000, downAfterMs: 2_500, outAfterMs: 7_000, brakePercent: 34 };

export function profileOf(random: SimRandom): Profile {
  const founders = random.pick([3, 3, 3, 4, 5]);
  const all = random.chance(0.4);
  const chunks = random.chance(0.85) ? chunkProfileOf(random) : undefined;
  const some = <T>(names: readonly T[], least: number, most: number): readonly T[] =>
    all ? names : random.shuffle(names).slice(0, random.between(least, most));
  return {
    founders,
    spares: founders === 5 ? 1 : 2,
    initialShards: random.between(1, 4),
    compactEntries: random.pick([10, 30, 200]),
    compactBytes: random.split('log bytes').pick([8 * 1024, 64 * 1024, 1024 * 1024]),
    delayUs: random.pick([
      { least: 50, most: 500 },
      { least: 100, most: 5_000 },
      { least: 1_000, most: 60_000 },
    ]),
    snapshotCutChance: random.pick([0, 0.1, 0.3]),
    faults: ['crash in a turn', ...some(nodeFaultNames, 3, 8)],
    chunkFaults: chunks === undefined ? [] : some(chunkFaultNames, 2, chunkFaultNames.length),
    faultEveryUs: random.pick([800_000, 2_000_000, 4_000_000]),
    faultsFromStart: random.chance(0.4),
    clients: random.between(3, 8),
    thinkMs: random.pick([150, 300, 600]),
    ring: random.pick([usualRing, hastyRing, hastyRing]),
    chunks,
  };
}
