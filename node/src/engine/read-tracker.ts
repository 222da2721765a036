// SPDX-License-Identifier: Apache-2.0
import { ByteReader } from '@shortlink/common/byte-reader.ts';
import { ByteWriter } from '@shortlink/common/byte-writer.ts';

export interface WaitingRead {
  /** Called once the replica has applied everything that was committed when the read arrived. */
  readonly ready: () => void;
  readonly failed: (message: string) => void;
  readonly deadlineMs: number;
}

interface Round {
  readonly context: number;
  readonly reads: WaitingRead[];
  /** Known once a quorum has confirmed the leader. */
  index: number | undefined;
  ticks: number;
}

/**
 * Rounds that wait for their confirmation at once: a second one covers what came while the first was on its way. A round
 * costs all replicas the same however many reads it serves, so more of them would only be smaller.
 */
const maxUnconfirmed = 2;
/** A round without an answer after so many ticks is asked again: its messages may be lost. */
const retryTicks = 5;

/**
 * One ReadIndex round serves every read that waits when it starts (Raft thesis, section 6.4). A read joins only rounds
 * that start after its arrival.
 */
export class ReadTracker {
  readonly #rounds: Round[] = [];
  #waiting: WaitingRead[] = [];
  #nextContext: number;
  readonly #replicaId: number;

  /** `salt` makes contexts of this incarnation differ from those of the one before a restart. */
  constructor(replicaId: number, salt: number) {
    this.#replicaId = replicaId;
    this.#nextContext = salt * 0x1_0000;
  }

  add(read: WaitingRead): void {
    this.#waiting.push(read);
  }

  get waitingCount(): number {
    return this.#rounds.reduce((sum, round) => sum + round.reads.length, this.#waiting.length);
  }

  /** The context of a round that should start now. */
  startRound(): Uint8Array | undefined {
    if (this.#waiting.length === 0) return undefined;
    const unconfirmed = this.#rounds.reduce((count, round) => count + (round.index === undefined ? 1 : 0), 0);
    if (unconfirmed >= maxUnconfirmed) return undefined;
    const round: Round = { context: this.#nextContext++, reads: this.#waiting, index: undefined, ticks: 0 };
    this.#waiting = [];
    this.#rounds.push(round);
    return this.#encode(round.context);
  }

  /** Contexts to ask again. Reads that are late fail here. */
  tick(nowMs: number): Uint8Array[] {
    const again: Uint8Array[] = [];
    this.#waiting = keepLive(this.#waiting, nowMs);
    for (const round of this.#rounds.slice()) {
      const live = keepLive(round.reads, nowMs);
      round.reads.splice(0, round.reads.length, ...live);
      if (live.length === 0) {
        this.#rounds.splice(this.#rounds.indexOf(round), 1);
      } else if (round.index === undefined && ++round.ticks % retryTicks === 0) {
        again.push(this.#encode(round.context));
      }
    }
    return again;
  }

  /** Raft has confirmed a context at `index`. */
  confirm(context: Uint8Array, index: number): void {
    const reader = new ByteReader(context);
    if (reader.uint64() !== this.#replicaId) return;
    const number = reader.uint64();
    const round = this.#rounds.find((r) => r.context === number);
    if (round !== undefined && round.index === undefined) round.index = index;
  }

  /** Serves the rounds whose index is applied. */
  serve(appliedIndex: number): void {
    for (let i = 0; i < this.#rounds.length;) {
      const round = this.#rounds[i];
      if (round?.index === undefined || round.index > appliedIndex) {
        i++;
        continue;
      }
      this.#rounds.splice(i, 1);
      for (const read of round.reads) read.ready();
    }
  }

  failAll(message: string): void {
    const reads = [...this.#waiting, ...this.#rounds.flatMap((round) => round.reads)];
    this.#waiting = [];
    this.#rounds.length = 0;
    for (const read of reads) read.failed(message);
  }

  #encode(context: number): Uint8Array {
    return new ByteWriter().uint64(this.#replicaId).uint64(context).finish();
  }
}

function keepLive(reads: readonly WaitingRead[], nowMs: number): WaitingRead[] {
  return reads.filter((read) => {
    if (read.deadlineMs > nowMs) return true;
    read.failed('no leader confirmed the read in time');
    return false;
  });
}
