// SPDX-License-Identifier: Apache-2.0
import type { ShardId } from '@shortlink/common/ids.ts';
import type { ChunkWorkPorts, ChunkWorkSettings } from '../../src/engine/chunks/open-chunk-work.ts';
import type { EngineApi } from '../../src/engine/engine-api.ts';
import type { Turn } from '../../src/engine/host/turn.ts';
import type { LinkVersions } from '../../src/engine/link-versions.ts';
import type { ShardMachine } from '../../src/engine/machines/shard-machine.ts';
import type { ColdTier } from '../../src/ports/cold-tier.ts';
import type { KvReader } from '../../src/ports/kv-engine.ts';
import type { ObjectStore } from '../../src/ports/object-store.ts';
import type { Profile } from '../profile.ts';
import type { SimProcess } from '../sim-process.ts';

/** Wrong behaviour, put in through the ports or around them. */
export interface Mutation {
  /** Circumstances in which the mistake shows, where those of the seed seldom have them. */
  readonly profile?: ((profile: Profile) => Profile) | undefined;
  readonly turn?: Turn | undefined;
  readonly honoursSync?: boolean | undefined;
  readonly linkVersionsFor?: (() => LinkVersions) | undefined;
  /** What the serving threads talk to, instead of the engine. */
  readonly engineFor?: ((process: SimProcess) => EngineApi) | undefined;
  /** Called for each copy of a shard that is opened; replaces methods. */
  readonly alterMachine?: ((machine: ShardMachine, shard: ShardId, process: SimProcess) => void) | undefined;
  readonly chunkSettings?: ((settings: ChunkWorkSettings) => ChunkWorkSettings) | undefined;
  /** The world as the work on chunks of a process sees it. */
  readonly chunkPorts?: ((ports: ChunkWorkPorts, process: SimProcess) => ChunkWorkPorts) | undefined;
  /** One attempt at the object store, below what tries again. */
  readonly objectStore?: ((store: ObjectStore) => ObjectStore) | undefined;
  /** The chunks as the engine and the serving threads ask for them. */
  readonly coldTier?: ((tier: ColdTier, process: SimProcess) => ColdTier) | undefined;
  /** The rows in which reads of chunks find the chunk set. */
  readonly coldReader?: ((reader: KvReader) => KvReader) | undefined;
}

/** A mistake that is known, made on purpose to see that the checkers notice. */
export interface Mutant {
  readonly name: string;
  /** Who made it, or where it is described. */
  readonly knownFrom: string;
  /** The first seeds within which it must be caught. */
  readonly seeds: number;
  /** Properties of which one must be the first that is found violated. */
  readonly caughtBy: readonly string[];
  readonly mutation: Mutation;
}
