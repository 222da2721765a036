// SPDX-License-Identifier: Apache-2.0
import { utf8 } from '@shortlink/common/bytes.ts';
import type {
  CommandResult,
  CreateLink,
  Dedup,
  DeleteLink,
  KvBatch,
  KvDelete,
  KvOperation,
  KvPut,
  Link,
  UpdateLink,
} from '../commands.ts';

let minted = 0;

/** Without a name: one that no other command has. Equal names and questions are retries of each other. */
export function dedup(name?: string, question = 'same'): Dedup {
  const text = name ?? `minted ${++minted}`;
  return { key: utf8(text.padEnd(16, '.').slice(0, 16)), fingerprint: utf8(question.padEnd(8, '.').slice(0, 8)) };
}

export function createLink(code: string, fields: Partial<CreateLink> = {}): CreateLink {
  return {
    type: 'createLink',
    dedup: dedup(),
    code,
    generated: false,
    codeLength: 8,
    url: `https://example.com/${code}`,
    creatorId: 'ada',
    expiresAtMs: undefined,
    reuseDeadCodes: false,
    ...fields,
  };
}

export function updateLink(code: string, fields: Partial<UpdateLink> = {}): UpdateLink {
  return {
    type: 'updateLink',
    dedup: dedup(),
    code,
    url: undefined,
    expiresAtMs: undefined,
    disabled: undefined,
    ifRevision: undefined,
    ...fields,
  };
}

export function deleteLink(code: string, fields: Partial<DeleteLink> = {}): DeleteLink {
  return { type: 'deleteLink', dedup: dedup(), code, ifRevision: undefined, ...fields };
}

export function kvPut(key: string, value: string, fields: Partial<KvPut> = {}): KvPut {
  return { type: 'kvPut', dedup: dedup(), key: utf8(key), value: utf8(value), ifRevision: undefined, ...fields };
}

export function kvDelete(key: string, fields: Partial<KvDelete> = {}): KvDelete {
  return { type: 'kvDelete', dedup: dedup(), key: utf8(key), ifRevision: undefined, ...fields };
}

export function operation(key: string, value: string | undefined, ifRevision?: number): KvOperation {
  return { key: utf8(key), value: value === undefined ? undefined : utf8(value), ifRevision };
}

export function kvBatch(...operations: readonly KvOperation[]): KvBatch {
  return { type: 'kvBatch', dedup: dedup(), operations };
}

/** The link of an answer that has one. */
export function linkOf(result: CommandResult): Link {
  if (result.kind !== 'link') throw new Error(`the answer is ${result.kind}, not a link`);
  return result.link;
}
