// SPDX-License-Identifier: Apache-2.0
import { median } from '../load/rounds.ts';

/** What one round of one contender gave. */
export interface Round {
  readonly opsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failures: number;
  /** Cores that all processes of the server kept busy; undefined where the system does not tell. */
  readonly serverCores: number | undefined;
  readonly loadCores: number | undefined;
}

export interface Contender {
  readonly name: string;
  /** What an answer promises; empty for reads. */
  readonly durable: string;
  /** How the load reaches the server. */
  readonly clients: string;
  readonly rounds: readonly Round[];
}

/** One workload at one number of clients: ours against a peer. */
export interface Comparison {
  readonly workload: string;
  readonly clients: number;
  readonly ours: Contender;
  /** Undefined when the peer is not installed. */
  readonly peer: Contender | undefined;
  /** Ratio that the project wants to reach; for reading, nothing fails below it. */
  readonly aim: number | undefined;
}

/** The median of each figure, of those rounds that have it. */
export function typicalRound(rounds: readonly Round[]): Round {
  const of = (pick: (round: Round) => number): number => median(rounds.map(pick));
  const ofKnown = (pick: (round: Round) => number | undefined): number | undefined => {
    const known = rounds.flatMap((round) => pick(round) ?? []);
    return known.length === 0 ? undefined : median(known);
  };
  return {
    opsPerSecond: of((round) => round.opsPerSecond),
    p50Ms: of((round) => round.p50Ms),
    p99Ms: of((round) => round.p99Ms),
    failures: rounds.reduce((sum, round) => sum + round.failures, 0),
    serverCores: ofKnown((round) => round.serverCores),
    loadCores: ofKnown((round) => round.loadCores),
  };
}

/** Our median rate over the peer's. */
export function ratioOf(comparison: Comparison): number | undefined {
  if (comparison.peer === undefined) return undefined;
  const peer = typicalRound(comparison.peer.rounds).opsPerSecond;
  return peer === 0 ? undefined : typicalRound(comparison.ours.rounds).opsPerSecond / peer;
}
