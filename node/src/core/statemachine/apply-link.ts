// SPDX-License-Identifier: Apache-2.0
import { assert } from '@shortlink/common/assert.ts';
import { utf8 } from '@shortlink/common/bytes.ts';
import { findRow, nextRevision, putRow, removeRow } from './apply-context.ts';
import type { ApplyContext } from './apply-context.ts';
import type {
  ColdSight,
  CollectExpired,
  CommandResult,
  CreateLink,
  DeadReason,
  DeleteLink,
  Link,
  UpdateLink,
} from './commands.ts';
import { freshLink } from './fresh-link.ts';
import { encodeIndexRow, indexTombstone } from './index-row.ts';
import { creatorIndexSuffix, expiryIndexSuffix, linkSuffix, namespaces } from './keys.ts';
import { decodeLinkRow, encodeDeadLink, encodeLiveLink, isExpired } from './link-row.ts';

/** What the shard knows of a code at the time of the entry. An expired link is gone before it is collected. */
type Found =
  | { readonly kind: 'absent' }
  | { readonly kind: 'live'; readonly link: Link }
  /** `expired`: the row of a link that is not collected yet, with its index rows. */
  | { readonly kind: 'dead'; readonly reason: DeadReason; readonly expired: Link | undefined }
  | { readonly kind: 'lookAgain' };

function find(context: ApplyContext, code: string, cold: ColdSight | undefined): Found {
  const found = findRow(context, namespaces.link, linkSuffix(code), cold);
  if (found === 'lookAgain') return { kind: 'lookAgain' };
  const { value } = found;
  if (value === undefined) return { kind: 'absent' };
  const row = decodeLinkRow(code, value);
  if (row.kind === 'dead') return { kind: 'dead', reason: row.dead.reason, expired: undefined };
  if (isExpired(row.link, context.state.timeMs)) return { kind: 'dead', reason: 'expired', expired: row.link };
  return { kind: 'live', link: row.link };
}

export function applyCreateLink(context: ApplyContext, command: CreateLink): CommandResult {
  assert(command.code !== undefined, 'createLink was applied without a code');
  const found = find(context, command.code, command.cold);
  if (found.kind === 'lookAgain') return found;
  const free = found.kind === 'absent' || (found.kind === 'dead' && command.reuseDeadCodes);
  if (!free) return command.generated ? { kind: 'redraw' } : { kind: 'taken', dead: found.kind === 'dead' };
  if (found.kind === 'dead' && found.expired !== undefined) removeIndexRows(context, found.expired);
  const revision = nextRevision(context);
  const { url, creatorId, expiresAtMs } = command;
  const createdAtMs = context.state.timeMs;
  const link = freshLink({ code: command.code, url, creatorId, createdAtMs, expiresAtMs, revision });
  const code = linkSuffix(link.code);
  putRow(context, namespaces.link, code, encodeLiveLink(link));
  putRow(context, namespaces.linkByCreator, creatorIndexSuffix(utf8(link.creatorId), revision), encodeIndexRow(code));
  putExpiry(context, link);
  return { kind: 'link', link };
}

export function applyUpdateLink(context: ApplyContext, command: UpdateLink): CommandResult {
  const found = find(context, command.code, command.cold);
  if (found.kind === 'lookAgain') return found;
  if (found.kind === 'absent') return { kind: 'notFound' };
  if (found.kind === 'dead') return { kind: 'gone', reason: found.reason };
  const before = found.link;
  if (command.ifRevision !== undefined && command.ifRevision !== before.revision) {
    return { kind: 'revisionMismatch', actual: before.revision };
  }
  const link: Link = {
    ...before,
    url: command.url ?? before.url,
    expiresAtMs: command.expiresAtMs === undefined ? before.expiresAtMs : (command.expiresAtMs ?? undefined),
    disabled: command.disabled ?? before.disabled,
    updatedAtMs: context.state.timeMs,
    revision: nextRevision(context),
  };
  putRow(context, namespaces.link, linkSuffix(link.code), encodeLiveLink(link));
  if (link.expiresAtMs !== before.expiresAtMs) removeExpiry(context, before);
  // Also an unchanged one: a link and its index row by expiry lie in one generation, or a hot link could never be collected.
  putExpiry(context, link);
  return { kind: 'link', link };
}

export function applyDeleteLink(context: ApplyContext, command: DeleteLink): CommandResult {
  const found = find(context, command.code, command.cold);
  if (found.kind === 'lookAgain') return found;
  if (found.kind === 'absent') return { kind: 'notFound' };
  if (found.kind === 'dead') return { kind: 'gone', reason: found.reason };
  if (command.ifRevision !== undefined && command.ifRevision !== found.link.revision) {
    return { kind: 'revisionMismatch', actual: found.link.revision };
  }
  return { kind: 'deleted', revision: bury(context, found.link, 'deleted') };
}

/**
 * The proposer saw the row some time ago: whatever has changed since then wins. Only hot links are collected; one in a chunk
 * is judged by its expiry whenever it is read.
 */
export function applyCollectExpired(context: ApplyContext, command: CollectExpired): CommandResult {
  const found = find(context, command.code, undefined);
  if (found.kind !== 'dead' || found.expired === undefined) return { kind: 'nothing' };
  const { revision, expiresAtMs } = found.expired;
  if (revision !== command.revision || expiresAtMs !== command.expiresAtMs) return { kind: 'nothing' };
  bury(context, found.expired, 'expired');
  return { kind: 'collected' };
}

/** Puts the permanent tombstone in the place of a link. */
function bury(context: ApplyContext, link: Link, reason: DeadReason): number {
  const revision = nextRevision(context);
  const tombstone = encodeDeadLink({ reason, timeMs: context.state.timeMs, revision });
  putRow(context, namespaces.link, linkSuffix(link.code), tombstone);
  removeIndexRows(context, link);
  return revision;
}

function removeIndexRows(context: ApplyContext, link: Link): void {
  const { creatorId, createRevision } = link;
  removeRow(context, namespaces.linkByCreator, creatorIndexSuffix(utf8(creatorId), createRevision), indexTombstone);
  removeExpiry(context, link);
}

function putExpiry(context: ApplyContext, { code, expiresAtMs }: Link): void {
  if (expiresAtMs === undefined) return;
  const suffix = linkSuffix(code);
  putRow(context, namespaces.linkByExpiry, expiryIndexSuffix(expiresAtMs, suffix), encodeIndexRow(suffix));
}

function removeExpiry(context: ApplyContext, { code, expiresAtMs }: Link): void {
  if (expiresAtMs === undefined) return;
  removeRow(context, namespaces.linkByExpiry, expiryIndexSuffix(expiresAtMs, linkSuffix(code)), indexTombstone);
}
