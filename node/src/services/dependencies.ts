// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../ports/clock.ts';
import type { Random } from '../ports/random.ts';
import type { CallOptions, Consistency, Shards } from '../ports/shards.ts';

export type Sha256 = (bytes: Uint8Array) => Uint8Array;

/** All that a service may touch outside its arguments. */
export interface ServiceDependencies {
  readonly shards: Shards;
  readonly clock: Clock;
  readonly random: Random;
  readonly sha256: Sha256;
}

export interface MutationOptions extends CallOptions {
  /** The client's; undefined: one is minted, so that retries within this call are safe. */
  readonly idempotencyKey?: string | undefined;
}

export interface QueryOptions extends CallOptions {
  readonly consistency: Consistency;
}
