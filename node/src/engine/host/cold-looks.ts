// SPDX-License-Identifier: Apache-2.0
import { coldRoundsMax } from '../../core/statemachine/cold-overlay.ts';
import type { ColdTier } from '../../ports/cold-tier.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ForwardStatus } from '../../ports/peers.ts';
import type { KnownCold, Look } from '../machines/machine.ts';
import { explain } from '../requests.ts';
import type { Answer } from '../requests.ts';
import type { Replica } from './replica.ts';

/** Requests that may wait for the cold tier at once; the object store may be slow or away, and memory must not pay for it. */
const maxWaiting = 10_000;

export type LookOutcome =
  | { readonly kind: 'seen'; readonly payload: Uint8Array }
  | { readonly kind: 'failed'; readonly status: ForwardStatus; readonly message: string };

export interface ColdRead {
  readonly payload: Uint8Array;
  readonly deadlineMs: number;
  /** The node's clock for expiry, 0 while it is not trusted. */
  readonly nowMs: () => number;
}

/** What the engine's thread asks of the chunks: looks before proposals, and reads that came from other nodes. */
export class ColdLooks {
  readonly #coldTier: ColdTier;
  readonly #clock: Clock;
  #waiting = 0;

  constructor(coldTier: ColdTier, clock: Clock) {
    this.#coldTier = coldTier;
    this.#clock = clock;
  }

  run(look: Look, deadlineMs: number, done: (outcome: LookOutcome) => void): void {
    if (this.#waiting >= maxWaiting) return done(tooMany);
    void this.#counted(this.#see(look, deadlineMs)).then(done);
  }

  read(replica: Replica, read: ColdRead, answer: Answer): void {
    const outcome = replica.machine.read(read.payload, read.nowMs());
    if (outcome.kind === 'answer') return answer('ok', outcome.payload);
    if (this.#waiting >= maxWaiting) return answer(tooMany.status, explain(tooMany.message));
    void this.#counted(this.#readOn(replica, read, outcome)).then((end) =>
      end.kind === 'seen' ? answer('ok', end.payload) : answer(end.status, explain(end.message)),
    );
  }

  async #counted(work: Promise<LookOutcome>): Promise<LookOutcome> {
    this.#waiting++;
    return work.finally(() => this.#waiting--);
  }

  /** A chunk set that moved meanwhile is no failure here: the entry is refused by its fence, and the gateway asks again. */
  async #see(first: Look, deadlineMs: number): Promise<LookOutcome> {
    for (let look = first; ;) {
      const answer = await this.#coldTier.query(look.query, this.#leftMs(deadlineMs));
      if (answer.kind !== 'found') return failed(answer.kind === 'moved' ? moved : answer.message);
      const next = look.complete(answer.found);
      if (next instanceof Uint8Array) return { kind: 'seen', payload: next };
      look = next;
    }
  }

  async #readOn(
    replica: Replica,
    read: ColdRead,
    first: { readonly known: KnownCold; readonly query: Look['query'] },
  ): Promise<LookOutcome> {
    let { known, query } = first;
    for (let round = 0; round <= coldRoundsMax; round++) {
      const answer = await this.#coldTier.query(query, this.#leftMs(read.deadlineMs));
      if (answer.kind === 'unavailable') return failed(answer.message);
      if (answer.kind === 'found') known.overlay.add(query.needs, answer.found);
      if (!replica.healthy) return failed('the replica stopped serving: its state differs from its leader’s');
      // The state may have moved on meanwhile: it is at least what the read waited for.
      const outcome = replica.machine.read(read.payload, read.nowMs(), known);
      if (outcome.kind === 'answer') return { kind: 'seen', payload: outcome.payload };
      ({ known, query } = outcome);
    }
    return failed('the read needs more of the cold tier than one request may ask for');
  }

  #leftMs(deadlineMs: number): number {
    return Math.max(1, deadlineMs - this.#clock.monotonicMs());
  }
}

const moved = 'the chunks of the shard changed meanwhile';

const tooMany = {
  kind: 'failed',
  status: 'overloaded',
  message: 'too many requests wait for the object store; slow down and try again',
} as const;

function failed(message: string): LookOutcome {
  return { kind: 'failed', status: 'unavailable', message };
}
