// SPDX-License-Identifier: Apache-2.0
import { ServiceError } from '@shortlink/common/errors.ts';
import type { ShardId } from '@shortlink/common/ids.ts';
import type { ClusterMap } from '../core/cluster/cluster-map.ts';
import { isLinkCode } from '../core/statemachine/command-problem.ts';
import type { LinkResolution } from '../core/statemachine/resolution.ts';
import type { Consistency, Shards } from '../ports/shards.ts';
import { shardOfCode } from './placement.ts';

/** What a redirect needs to know of a code. Plain data: it crosses threads. */
export type Resolution =
  | LinkResolution
  /** The shard cannot answer now; nothing is known. */
  | { readonly kind: 'unavailable' };

/** Answers the codes of a turn together, so that a turn costs one ReadIndex per shard. Never rejects for one code's sake. */
export interface Resolver {
  /** Codes of different groups do not wait for each other: one shard that cannot answer must not hold up the others. */
  groupOf(code: string): number;
  /** One resolution per code, in the order of the codes; a promise where it takes longer than the others. */
  resolve(codes: readonly string[]): Promise<readonly (Resolution | Promise<Resolution>)[]>;
}

export interface RedirectPolicy {
  readonly consistency: Consistency;
  readonly timeoutMs: number;
}

/** Links of one read; more codes of a shard become several reads. */
const readMaxCodes = 1000;

/** No shard has this id. */
const noGroup = -1;

const absent: Resolution = { kind: 'notFound' };
const unavailable: Resolution = { kind: 'unavailable' };

export function newRedirectService(shards: Shards, policy: RedirectPolicy): Resolver {
  return {
    groupOf: (code) => {
      const map = shards.map();
      // With one shard there is one group, and nothing to look up.
      if (map === undefined || map.shards.length === 1 || !isLinkCode(code)) return noGroup;
      return shardOfCode(map, code);
    },
    resolve: async (codes) => {
      const map = shards.map();
      if (map === undefined) return codes.map(() => unavailable);
      const resolutions = codes.map((): Resolution | Promise<Resolution> => absent);
      const reads = [...placesByShard(map, codes)].flatMap(([shard, places]) =>
        inParts(places).map(async (part) => {
          const partCodes = part.map((place) => codes[place] ?? '');
          const results = await resolveCodes(shards, shard, { codes: partCodes, policy });
          for (const [i, place] of part.entries()) resolutions[place] = results?.[i] ?? unavailable;
        }),
      );
      await Promise.all(reads);
      return resolutions;
    },
  };
}

/** Where in `codes` the codes of each shard are; what no link can be called is in none. */
function placesByShard(map: ClusterMap, codes: readonly string[]): Map<ShardId, number[]> {
  const only = map.shards.length === 1 ? map.shards[0] : undefined;
  const places = new Map<ShardId, number[]>();
  for (const [place, code] of codes.entries()) {
    if (!isLinkCode(code)) continue;
    const shard = only?.id ?? shardOfCode(map, code);
    const list = places.get(shard);
    if (list === undefined) places.set(shard, [place]);
    else list.push(place);
  }
  return places;
}

interface CodesRead {
  readonly codes: readonly string[];
  readonly policy: RedirectPolicy;
}

/** Undefined when the shard cannot answer. */
async function resolveCodes(shards: Shards, shard: ShardId, { codes, policy }: CodesRead) {
  try {
    const resolutions = await shards.resolve(shard, codes, policy);
    return resolutions.map((resolution) =>
      resolution instanceof Promise ? resolution.then((later) => later ?? unavailable) : resolution,
    );
  } catch (error) {
    if (error instanceof ServiceError) return undefined;
    throw error;
  }
}

function inParts(places: readonly number[]): readonly (readonly number[])[] {
  if (places.length <= readMaxCodes) return [places];
  return Array.from({ length: Math.ceil(places.length / readMaxCodes) }, (_, i) =>
    places.slice(i * readMaxCodes, (i + 1) * readMaxCodes),
  );
}
