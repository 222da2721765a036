// SPDX-License-Identifier: Apache-2.0
import { ByteWriter } from '@shortlink/common/byte-writer.ts';
import { ServiceError } from '@shortlink/common/errors.ts';
import type { ClusterMap } from '../core/cluster/cluster-map.ts';
import type { CreateLink, CreateLinks } from '../core/statemachine/commands.ts';
import { writeNewLink } from '../core/statemachine/new-link-rows.ts';
import type { ServiceDependencies } from './dependencies.ts';
import { requestKey, rowDedup, writeOptionalNumber, writeOptionalText } from './idempotency.ts';
import type { RequestKey } from './idempotency.ts';
import {
  anonymousCreatorId,
  checkCodeLength,
  checkCreatorId,
  checkExpiry,
  checkNewCode,
  checkUrl,
} from './link-input.ts';
import type { LinkPolicy, NewLink } from './link-input.ts';

export interface CreateContext extends ServiceDependencies {
  readonly policy: LinkPolicy;
}

/** A new link whose input is fine, with its URL as it is stored. */
export interface AcceptedLink extends NewLink {
  readonly accepted: true;
}

/** @throws ServiceError invalid */
export function acceptLink({ policy, clock }: CreateContext, link: NewLink): AcceptedLink {
  const { code, codeLength, expiresAtMs, creatorId } = link;
  const url = checkUrl(link.url, policy);
  if (code !== undefined) checkNewCode(code);
  if (codeLength !== undefined) checkCodeLength(codeLength);
  if (code !== undefined && codeLength !== undefined) {
    throw new ServiceError('invalid', 'give a code or the length of a generated one, not both', {
      field: 'codeLength',
    });
  }
  if (expiresAtMs !== undefined) checkExpiry(expiresAtMs, clock.nowMs());
  if (creatorId !== undefined) checkCreatorId(creatorId);
  return { accepted: true, url, code, codeLength, expiresAtMs, creatorId };
}

interface KeyedRow {
  readonly link: AcceptedLink;
  /** Together they are the identity of the row. */
  readonly key: RequestKey;
  readonly row: number;
}

/** A link with a memory of its own: it has a code, or a key that its client may use again. */
export function createCommand(
  { policy, sha256 }: CreateContext,
  map: ClusterMap,
  { link, key, row }: KeyedRow,
): CreateLink {
  const { url, code, codeLength, expiresAtMs, creatorId } = link;
  // As asked, before defaults: a default that changes between two tries must not make them different questions.
  const canonical = new ByteWriter().text('createLink').text(url);
  writeOptionalText(canonical, code);
  writeOptionalNumber(canonical, codeLength);
  writeOptionalNumber(canonical, expiresAtMs);
  writeOptionalText(canonical, creatorId);
  return {
    type: 'createLink',
    dedup: rowDedup(sha256, key, row, canonical.finish()),
    code,
    generated: code === undefined,
    codeLength: codeLength ?? policy.codeLength,
    url,
    creatorId: creatorId ?? anonymousCreatorId,
    expiresAtMs,
    reuseDeadCodes: map.policy.reuseDeadCodes,
  };
}

/** Links with generated codes of one length that nobody else has a key for: one minted key serves all of them. */
export function createTogether(
  { random, sha256 }: CreateContext,
  links: readonly AcceptedLink[],
  codeLength: number,
): CreateLinks {
  const writer = new ByteWriter();
  for (const { url, creatorId = anonymousCreatorId, expiresAtMs } of links)
    writeNewLink(writer, { url, creatorId, expiresAtMs });
  const rows = writer.finish();
  const dedup = rowDedup(sha256, requestKey(undefined, random), 0, rows);
  return { type: 'createLinks', dedup, codeLength, count: links.length, rows, codes: undefined };
}
