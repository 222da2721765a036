// SPDX-License-Identifier: Apache-2.0
import { assert } from '@shortlink/common/assert.ts';
import type { Revision } from '@shortlink/common/ids.ts';
import { findRow, nextRevision, putRow, removeRow } from './apply-context.ts';
import type { ApplyContext } from './apply-context.ts';
import type { ColdSight, CommandResult, KvBatch, KvDelete, KvPut } from './commands.ts';
import { namespaces } from './keys.ts';
import { decodeKvValue, encodeKvValue } from './kv-row.ts';
import type { KvRowValue } from './kv-row.ts';

/** The row of a key, or undefined where there is none or only a tombstone. */
type Found = { readonly row: KvRowValue | undefined } | 'lookAgain';

function find(context: ApplyContext, key: Uint8Array, cold: ColdSight | undefined): Found {
  const found = findRow(context, namespaces.kv, key, cold);
  if (found === 'lookAgain') return found;
  if (found.value === undefined) return { row: undefined };
  const row = decodeKvValue(found.value);
  return { row: row.value === undefined ? undefined : row };
}

function holds(ifRevision: Revision | undefined, row: KvRowValue | undefined): boolean {
  return ifRevision === undefined || ifRevision === (row?.revision ?? 0);
}

export function applyKvPut(context: ApplyContext, command: KvPut): CommandResult {
  const found = find(context, command.key, command.cold);
  if (found === 'lookAgain') return { kind: 'lookAgain' };
  const before = found.row;
  if (!holds(command.ifRevision, before)) return { kind: 'revisionMismatch', actual: before?.revision ?? 0 };
  const revision = nextRevision(context);
  put(context, command.key, { value: command.value, before, revision });
  return { kind: 'kv', revision, existed: before !== undefined };
}

/** A key that is not there is deleted without an effect: the answer carries the shard's revision as it is. */
export function applyKvDelete(context: ApplyContext, command: KvDelete): CommandResult {
  const found = find(context, command.key, command.cold);
  if (found === 'lookAgain') return { kind: 'lookAgain' };
  const before = found.row;
  if (!holds(command.ifRevision, before)) return { kind: 'revisionMismatch', actual: before?.revision ?? 0 };
  if (before === undefined) return { kind: 'kv', revision: context.state.revision, existed: false };
  const revision = nextRevision(context);
  remove(context, command.key, revision);
  return { kind: 'kv', revision, existed: true };
}

/**
 * All conditions are judged against the state before the batch; then the operations take effect in their order, under
 * one revision. A batch of deletes that find nothing has no effect and keeps the shard's revision.
 */
export function applyKvBatch(context: ApplyContext, command: KvBatch): CommandResult {
  let changes = false;
  for (const [operation, { key, value, ifRevision, cold }] of command.operations.entries()) {
    const found = find(context, key, cold);
    if (found === 'lookAgain') return { kind: 'lookAgain' };
    const { row } = found;
    if (!holds(ifRevision, row)) return { kind: 'kvBatchMismatch', operation, actual: row?.revision ?? 0 };
    changes ||= value !== undefined || row !== undefined;
  }
  if (!changes) return { kind: 'kvBatch', revision: context.state.revision };
  const revision = nextRevision(context);
  for (const { key, value, cold } of command.operations) {
    const found = find(context, key, cold);
    assert(found !== 'lookAgain', 'an operation of a batch was found before and is not now');
    const before = found.row;
    if (value !== undefined) put(context, key, { value, before, revision });
    else if (before !== undefined) remove(context, key, revision);
  }
  return { kind: 'kvBatch', revision };
}

interface Put {
  readonly value: Uint8Array;
  readonly before: KvRowValue | undefined;
  readonly revision: Revision;
}

function put(context: ApplyContext, key: Uint8Array, { value, before, revision }: Put): void {
  const createRevision = before?.createRevision ?? revision;
  const version = (before?.version ?? 0) + 1;
  putRow(context, namespaces.kv, key, encodeKvValue({ value, createRevision, revision, version }));
}

function remove(context: ApplyContext, key: Uint8Array, revision: Revision): void {
  const tombstone = encodeKvValue({ value: undefined, createRevision: revision, revision, version: 0 });
  removeRow(context, namespaces.kv, key, tombstone);
}
