// SPDX-License-Identifier: Apache-2.0
import { assert } from '@shortlink/common/assert.ts';
import { NewRows, findRow, knowsColdTier, nextRevision } from './apply-context.ts';
import type { ApplyContext } from './apply-context.ts';
import { codeAt } from './code-list.ts';
import type { CommandResult, CreateLinks, LinkNotCreated } from './commands.ts';
import { encodeIndexRow } from './index-row.ts';
import { creatorIndexSuffix, expiryIndexSuffix, namespaces } from './keys.ts';
import { encodeNewLink } from './link-row.ts';
import { NewLinkReader } from './new-link-rows.ts';

/** A row whose code is taken by now is left out; the others do not depend on it. */
export function applyCreateLinks(context: ApplyContext, command: CreateLinks): CommandResult {
  const { codes, codeLength, count, coldVersion } = command;
  assert(codes !== undefined, 'createLinks was applied without codes');
  const cold = coldVersion === undefined ? undefined : { version: coldVersion, prior: undefined };
  if (!knowsColdTier(context.state, cold)) return { kind: 'lookAgain' };
  const { timeMs } = context.state;
  const firstRevision = context.state.revision + 1;
  const notCreated: LinkNotCreated[] = [];
  const links = new NewLinkReader(command.rows);
  const rows = new NewRows(context);
  for (let row = 0; row < count; row++) {
    const link = links.next();
    const code = codeAt(codes, codeLength, row);
    if (code === undefined) {
      notCreated.push({ row, reason: 'exhausted' });
      continue;
    }
    const found = findRow(context, namespaces.link, code, cold);
    if (found === 'lookAgain' || found.value !== undefined) {
      notCreated.push({ row, reason: 'redraw' });
      continue;
    }
    const revision = nextRevision(context);
    const indexRow = encodeIndexRow(code);
    rows.put(namespaces.link, code, encodeNewLink(link, revision, timeMs));
    rows.put(namespaces.linkByCreator, creatorIndexSuffix(link.creatorId, revision), indexRow);
    if (link.expiresAtMs !== undefined)
      rows.put(namespaces.linkByExpiry, expiryIndexSuffix(link.expiresAtMs, code), indexRow);
  }
  links.end();
  rows.count();
  return { kind: 'linksCreated', created: { codes, codeLength, firstRevision, createdAtMs: timeMs, notCreated } };
}
