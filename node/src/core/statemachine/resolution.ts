// SPDX-License-Identifier: Apache-2.0
import type { ReadResult } from './reads.ts';

/** What following a code comes to, as far as its shard knows. Plain data: it crosses threads. */
export type LinkResolution =
  | { readonly kind: 'found'; readonly url: string; readonly expiresAtMs: number | undefined }
  /** Never existed, or is disabled: visitors are not told which. */
  | { readonly kind: 'notFound' }
  | { readonly kind: 'gone' };

const notFound: LinkResolution = { kind: 'notFound' };
const gone: LinkResolution = { kind: 'gone' };

/** What a visitor gets for the answer to a read of a link. */
export function resolutionOf(result: ReadResult): LinkResolution {
  if (result.kind === 'gone') return gone;
  if (result.kind !== 'link' || result.link.disabled) return notFound;
  return { kind: 'found', url: result.link.url, expiresAtMs: result.link.expiresAtMs };
}

/** What an earlier resolution comes to at `timeMs`, while nobody has changed the link. */
export function resolutionAt(resolution: LinkResolution, timeMs: number): LinkResolution {
  const isExpired =
    resolution.kind === 'found' && resolution.expiresAtMs !== undefined && resolution.expiresAtMs <= timeMs;
  return isExpired ? gone : resolution;
}
