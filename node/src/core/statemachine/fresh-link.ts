// SPDX-License-Identifier: Apache-2.0
import type { Revision } from '@shortlink/common/ids.ts';
import type { Link } from './commands.ts';

/** What tells one link that was just created from another. */
export interface FreshLink extends Pick<Link, 'code' | 'url' | 'creatorId' | 'createdAtMs' | 'expiresAtMs'> {
  readonly revision: Revision;
}

/** A link as its creation leaves it: never changed, and open to visitors. */
export function freshLink({ code, url, creatorId, createdAtMs, expiresAtMs, revision }: FreshLink): Link {
  return {
    code,
    url,
    creatorId,
    createdAtMs,
    updatedAtMs: createdAtMs,
    expiresAtMs,
    disabled: false,
    createRevision: revision,
    revision,
  };
}
