// SPDX-License-Identifier: Apache-2.0
import { ByteReader, DecodeError } from '@shortlink/common/byte-reader.ts';
import { ByteWriter } from '@shortlink/common/byte-writer.ts';
import { equalBytes } from '@shortlink/common/bytes.ts';
import { fingerprintBytes } from './command-problem.ts';
import type { Command, CommandResult, CreateLink, Link } from './commands.ts';
import { freshLink } from './fresh-link.ts';
import { readResult, writeResult } from './result-codec.ts';
import { expectVersion, readOptional, writeOptional } from './wire-fields.ts';

/** A command whose answer is remembered. */
export type DedupCommand = Extract<Command, { readonly dedup: unknown }>;

const formatVersion = 1;
const wholeResult = 0;
/** The created link without what the retried command says itself, which is most of its bytes. */
const createdLink = 1;

/** What the shard remembers of `command` and its answer. */
export function encodeDedupRow(command: DedupCommand, result: CommandResult): Uint8Array {
  const writer = new ByteWriter().uint8(formatVersion).raw(command.dedup.fingerprint);
  if (command.type === 'createLink' && result.kind === 'link') {
    const { link } = result;
    writer.uint8(createdLink).varint(link.revision).varint(link.createdAtMs);
    writeOptional(writer, link.expiresAtMs, (expiry) => writer.varint(expiry));
    writeOptional(writer, command.generated ? link.code : undefined, (code) => writer.text(code));
  } else {
    writer.uint8(wholeResult);
    writeResult(writer, result);
  }
  return writer.finish();
}

/**
 * The first answer for a retry of the same request, or idempotencyMismatch when the fingerprint says that it is another one.
 * A fingerprint covers everything that was asked, so URL and creator of a created link are those of the retry.
 * @throws DecodeError
 */
export function answerFromDedupRow(bytes: Uint8Array, retry: DedupCommand): CommandResult {
  const reader = new ByteReader(bytes);
  expectVersion(reader, formatVersion, 'idempotency row');
  if (!equalBytes(reader.raw(fingerprintBytes), retry.dedup.fingerprint)) return { kind: 'idempotencyMismatch' };
  const form = reader.uint8();
  if (form > createdLink) throw new DecodeError(`idempotency row of unknown form ${form}`);
  if (form === wholeResult) {
    const result = readResult(reader);
    reader.end();
    return result;
  }
  if (retry.type !== 'createLink') return { kind: 'idempotencyMismatch' };
  const link = readCreatedLink(reader, retry);
  return link === undefined ? { kind: 'idempotencyMismatch' } : { kind: 'link', link };
}

function readCreatedLink(reader: ByteReader, retry: CreateLink): Link | undefined {
  const revision = reader.varint();
  const createdAtMs = reader.varint();
  const expiresAtMs = readOptional(reader, () => reader.varint());
  const generatedCode = readOptional(reader, () => reader.text());
  reader.end();
  if ((generatedCode !== undefined) !== retry.generated) return undefined;
  const code = generatedCode ?? retry.code;
  if (code === undefined) return undefined;
  const { url, creatorId } = retry;
  return freshLink({ code, url, creatorId, createdAtMs, expiresAtMs, revision });
}
