// SPDX-License-Identifier: Apache-2.0
import { ByteWriter } from '@shortlink/common/byte-writer.ts';
import { fromUtf8, utf8 } from '@shortlink/common/bytes.ts';
import { codeAt } from '../code-list.ts';
import type {
  CommandResult,
  CreateLink,
  CreateLinks,
  Dedup,
  DeleteLink,
  KvBatch,
  KvDelete,
  KvOperation,
  KvPut,
  Link,
  UpdateLink,
} from '../commands.ts';
import { writeNewLink } from '../new-link-rows.ts';
import type { NewLinkFields } from '../new-link-rows.ts';

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

/** One link for each code; undefined: the leader found none. */
export function createLinks(codes: readonly (string | undefined)[], fields: Partial<CreateLinks> = {}): CreateLinks {
  const codeLength = fields.codeLength ?? codes.find((code) => code !== undefined)?.length ?? 8;
  return {
    type: 'createLinks',
    dedup: dedup(),
    codeLength,
    count: codes.length,
    rows: newLinkRows(codes.map((code) => ({ url: `https://example.com/${code}`, creatorId: 'ada' }))),
    codes: 'codes' in fields ? fields.codes : packCodes(codes, codeLength),
    ...fields,
  };
}

/** Undefined: zeros, as for a code that was not found. */
export function packCodes(codes: readonly (string | undefined)[], length: number): Uint8Array {
  const bytes = new Uint8Array(codes.length * length);
  for (const [row, code] of codes.entries()) if (code !== undefined) bytes.set(utf8(code), row * length);
  return bytes;
}

export function newLinkRows(links: readonly Partial<NewLinkFields>[]): Uint8Array {
  const writer = new ByteWriter();
  for (const { url = 'https://example.com/', creatorId = 'ada', expiresAtMs } of links)
    writeNewLink(writer, { url, creatorId, expiresAtMs });
  return writer.finish();
}

/** Codes of the links that were created, in their order. */
export function createdCodes(result: CommandResult): string[] {
  if (result.kind !== 'linksCreated') throw new Error(`the answer is ${result.kind}, not created links`);
  const { codes, codeLength, notCreated } = result.created;
  const failed = new Set(notCreated.map(({ row }) => row));
  return Array.from({ length: codes.length / codeLength }, (_, row) => row)
    .filter((row) => !failed.has(row))
    .map((row) => fromUtf8(codeAt(codes, codeLength, row) ?? utf8('')));
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
