// SPDX-License-Identifier: Apache-2.0
import type { ChunkCopies } from '../ports/chunk-peers.ts';
import type { ColdTier } from '../ports/cold-tier.ts';
import type { Clock, Timers } from '../ports/clock.ts';
import type { FormationGuard } from '../ports/formation-guard.ts';
import type { KvEngine } from '../ports/kv-engine.ts';
import type { Peers } from '../ports/peers.ts';
import type { Random } from '../ports/random.ts';
import type { EngineObserver } from './engine-observer.ts';
import type { Turn } from './host/turn.ts';
import type { LinkVersions } from './link-versions.ts';

/** Everything nondeterministic that the engine touches. */
export interface EngineDeps {
  readonly store: KvEngine;
  readonly peers: Peers;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  /** The chunks of the shards that have a replica here. */
  readonly coldTier: ColdTier;
  /** Copies of chunks on this node, for other nodes. */
  readonly copies: ChunkCopies;
  /** Undefined: the cluster keeps no objects anywhere. */
  readonly formationGuard?: FormationGuard | undefined;
  readonly observer: EngineObserver;
  /** Raised as links change, for the caches of serving threads. */
  readonly linkVersions: LinkVersions;
  /** Runs the callback soon, after what already waits in the event loop. */
  readonly soon: (run: () => void) => void;
  /** The store or an invariant is broken: the process must end. */
  readonly onFatal: (error: unknown) => void;
  /** For the simulator only: a turn in the wrong order must be caught. */
  readonly turn?: Turn | undefined;
}
