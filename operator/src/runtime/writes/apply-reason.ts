// SPDX-License-Identifier: Apache-2.0
import type { Digest } from '../../ports/digest.ts';
import type { KubeObject } from '../../ports/kube-api.ts';
import { canonicalJson } from './canonical-json.ts';
import { covers } from './projection.ts';

/** Why an object has to be applied. */
export type ApplyReason = 'missing' | 'intentChanged' | 'drifted';

/** How an object tells what was applied last. */
export interface Mark {
  /** Annotation that holds the digest of what was applied last, such as `shortlink.dev/applied`. */
  readonly annotation: string;
  readonly digest: Digest;
}

/** Why `intent` has to be applied, as far as the object itself tells; what the server rewrites looks like a drift. */
export function applyReason(
  intent: KubeObject,
  observed: KubeObject | undefined,
  { annotation, digest }: Mark,
): ApplyReason | undefined {
  if (observed === undefined) return 'missing';
  if (observed.metadata.annotations?.[annotation] !== digest(canonicalJson(intent))) return 'intentChanged';
  return covers(observed, intent) ? undefined : 'drifted';
}
