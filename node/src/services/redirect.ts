// SPDX-License-Identifier: Apache-2.0
import { defined } from '@shortlink/common/assert.ts';
import { ServiceError } from '@shortlink/common/errors.ts';
import type { ShardId } from '@shortlink/common/ids.ts';
import { isLinkCode } from '../core/statemachine/command-problem.ts';
import type { ReadResult } from '../core/statemachine/reads.ts';
import type { Consistency, Shards } from '../ports/shards.ts';
import { shardOfCode } from './placement.ts';

/** What a redirect needs to know of a code. Plain data: it crosses threads. */
export type Resolution =
  | { readonly kind: 'found'; readonly url: string; readonly expiresAtMs: number | undefined }
  /** Never existed, or is disabled: visitors are not told which. */
  | { readonly kind: 'notFound' }
  | { readonly kind: 'gone' }
  /** The shard cannot answer now; nothing is known. */
  | { readonly kind: 'unavailable' };

/** Answers the codes of a turn together, so that a turn costs one ReadIndex per shard. Never rejects for one code's sake. */
export interface Resolver {
  /** Codes of different groups do not wait for each other: one shard that cannot answer must not hold up the others. */
  groupOf(code: string): number;
  /** One resolution per code, in the order of the codes. */
  resolve(codes: readonly string[]): Promise<readonly Resolution[]>;
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
const dead: Resolution = { kind: 'gone' };
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
      const resolutions = new Map<string, Resolution>();
      const codesByShard = new Map<ShardId, string[]>();
      for (const code of codes) {
        if (resolutions.has(code)) continue;
        resolutions.set(code, absent);
        if (!isLinkCode(code)) continue;
        const shard = shardOfCode(map, code);
        const list = codesByShard.get(shard);
        if (list === undefined) codesByShard.set(shard, [code]);
        else list.push(code);
      }
      const reads = [...codesByShard].flatMap(([shard, list]) => inParts(list).map((part) => ({ shard, codes: part })));
      await Promise.all(
        reads.map(async ({ shard, codes: part }) => {
          const results = await readCodes(shards, shard, { codes: part, policy });
          for (const [i, code] of part.entries()) resolutions.set(code, results?.[i] ?? unavailable);
        }),
      );
      return codes.map((code) => defined(resolutions.get(code), 'resolution of a code'));
    },
  };
}

interface CodesRead {
  readonly codes: readonly string[];
  readonly policy: RedirectPolicy;
}

/** Undefined when the shard cannot answer. */
async function readCodes(shards: Shards, shard: ShardId, { codes, policy }: CodesRead) {
  try {
    const results = await shards.read(
      shard,
      codes.map((code) => ({ type: 'link', code }) as const),
      policy,
    );
    return results.map(resolutionOf);
  } catch (error) {
    if (error instanceof ServiceError) return undefined;
    throw error;
  }
}

function resolutionOf(result: ReadResult): Resolution {
  if (result.kind === 'gone') return dead;
  if (result.kind !== 'link' || result.link.disabled) return absent;
  return { kind: 'found', url: result.link.url, expiresAtMs: result.link.expiresAtMs };
}

function inParts(codes: readonly string[]): readonly (readonly string[])[] {
  if (codes.length <= readMaxCodes) return [codes];
  return Array.from({ length: Math.ceil(codes.length / readMaxCodes) }, (_, i) =>
    codes.slice(i * readMaxCodes, (i + 1) * readMaxCodes),
  );
}
