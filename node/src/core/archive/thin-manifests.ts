// SPDX-License-Identifier: Apache-2.0

export interface ListedManifest {
  readonly name: string;
  readonly sequence: number;
  /** By the clock of the store. */
  readonly modifiedMs: number;
}

const keepNewest = 16;
const periodMs = 24 * 60 * 60_000;
/** Whoever reads one that is to go had time to finish. */
const minAgeMs = 60 * 60_000;

/** Which manifests may go: of those behind the newest ones, all but the last of each day. Never the newest. */
export function thinManifests(manifests: readonly ListedManifest[], nowMs: number): readonly string[] {
  const newestFirst = manifests.toSorted((a, b) => b.sequence - a.sequence);
  const periods = new Set<number>();
  return newestFirst.flatMap(({ name, modifiedMs }, place) => {
    const period = Math.floor(modifiedMs / periodMs);
    const isLastOfPeriod = !periods.has(period);
    periods.add(period);
    return place < keepNewest || isLastOfPeriod || nowMs - modifiedMs < minAgeMs ? [] : [name];
  });
}
