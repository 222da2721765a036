// SPDX-License-Identifier: Apache-2.0
import type { EngineApi } from '../src/engine/engine-api.ts';
import type { Turn } from '../src/engine/host/turn.ts';
import type { SimProcess } from './sim-process.ts';

/** A known mistake, put into the system to see that the checkers notice. */
export interface Mutant {
  readonly turn?: Turn | undefined;
  readonly honoursSync?: boolean | undefined;
  /** What the serving threads talk to, instead of the engine. */
  readonly engineFor?: ((process: SimProcess) => EngineApi) | undefined;
}
