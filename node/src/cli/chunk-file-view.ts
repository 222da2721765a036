// SPDX-License-Identifier: Apache-2.0
import { fromUtf8, toHex } from '@shortlink/common/bytes.ts';
import { DecodeError } from '@shortlink/common/byte-reader.ts';
import type { ChunkRow } from '../core/chunk/chunk-row.ts';
import { chunkFormatVersion } from '../core/chunk/tail/chunk-footer.ts';
import type { NamespaceProperties } from '../core/chunk/tail/chunk-properties.ts';
import type { ChunkTail } from '../core/chunk/tail/chunk-tail.ts';
import { decodeIndexRow } from '../core/statemachine/index-row.ts';
import { getUint64, namespaces } from '../core/statemachine/keys.ts';
import { decodeKvValue } from '../core/statemachine/kv-row.ts';
import { decodeLinkRow } from '../core/statemachine/link-row.ts';
import { bytesJson } from './bytes-text.ts';
import { renderPairs, renderTable } from '@shortlink/common/cli/table.ts';

const namespaceNames = new Map<number, string>(Object.entries(namespaces).map(([name, byte]) => [byte, name]));

export function namespaceName(namespace: number): string {
  return namespaceNames.get(namespace) ?? `0x${namespace.toString(16).padStart(2, '0')}`;
}

/** What a chunk says of itself, as `--output json` prints it. */
export function chunkJson(tail: ChunkTail) {
  const { properties, index, model } = tail;
  const { origin, parameters, revisions } = properties;
  return {
    formatVersion: chunkFormatVersion,
    origin,
    rows: properties.namespaces.reduce((sum, one) => sum + one.rowCount, 0),
    revisions: revisions ?? null,
    contentDigest: toHex(properties.contentDigest),
    rowSum: toHex(properties.rowSum),
    bytes: {
      chunk: tail.chunkBytes,
      blocks: index.dataBytes,
      model: tail.modelBytes,
      filter: tail.filterBytes,
      index: tail.indexBytes,
      tail: tail.tailBytes,
    },
    blocks: index.blockCount,
    filterKeys: index.filters.reduce((sum, part) => sum + part.keyCount, 0),
    model: {
      urlPrefixes: model.links.prefixes.list.length,
      timelineKnots: model.links.timeline.count,
      creators: model.links.creators.count,
      linkDictionaryBytes: model.links.dictionary?.length ?? 0,
      rowDictionaryBytes: model.rowDictionary?.length ?? 0,
    },
    parameters,
    namespaces: properties.namespaces.map(namespaceJson),
  };
}

function namespaceJson(one: NamespaceProperties) {
  return {
    namespace: namespaceName(one.namespace),
    rows: one.rowCount,
    tombstones: one.tombstoneCount,
    blocks: one.blockCount,
    rawBytes: one.rawBytes,
    storedBytes: one.storedBytes,
    hasFilter: one.hasFilter,
    firstKeyHex: toHex(one.firstKey),
    lastKeyHex: toHex(one.lastKey),
  };
}

export function chunkText(tail: ChunkTail): string {
  const { origin, bytes, revisions, ...facts } = chunkJson(tail);
  const pairs = renderPairs({
    cluster: origin.clusterId,
    shard: origin.shard,
    generations: origin.generations.join(', '),
    'merged from': origin.inputs.join(', '),
    'written by': `${origin.node} in term ${origin.term}`,
    'format version': facts.formatVersion,
    rows: facts.rows,
    revisions: revisions === null ? 'none' : `${revisions.first} to ${revisions.last}`,
    'content digest': facts.contentDigest,
    'row sum': facts.rowSum,
    bytes: `${bytes.chunk}: ${bytes.blocks} of blocks, ${bytes.tail} of the tail`,
    tail: `model ${bytes.model}, filter ${bytes.filter}, index ${bytes.index}`,
    filter: filterText(bytes.filter, facts.filterKeys),
  });
  const head = ['namespace', 'rows', 'tombstones', 'blocks', 'bytes of rows', 'bytes stored', 'a row'];
  const rows = facts.namespaces.map((one) => [
    one.namespace,
    ...[one.rows, one.tombstones, one.blocks, one.rawBytes, one.storedBytes].map(String),
    (one.storedBytes / one.rows).toFixed(2),
  ]);
  return rows.length === 0 ? pairs : `${pairs}\n\n${renderTable(head, rows)}`;
}

function filterText(bytes: number, keys: number): string {
  return keys === 0 ? 'none' : `${keys} keys, ${((bytes * 8) / keys).toFixed(2)} bits each`;
}

/** A row as one JSON object; what cannot be read, in hexadecimal. */
export function rowJson({ key, value }: ChunkRow): Record<string, unknown> {
  const row = namespaceName(key[0] ?? 0);
  try {
    return { row, ...knownRow(key, value) };
  } catch (error) {
    if (!(error instanceof DecodeError || error instanceof TypeError)) throw error;
    return { row, keyHex: toHex(key), valueHex: toHex(value) };
  }
}

function knownRow(key: Uint8Array, value: Uint8Array): Record<string, unknown> {
  switch (key[0]) {
    case namespaces.link:
      return linkJson(fromUtf8(key.subarray(1)), value);
    case namespaces.linkByCreator: {
      const end = key.length - 8;
      const names = { creatorId: fromUtf8(key.subarray(2, end)), createRevision: getUint64(key, end) };
      const code = decodeIndexRow(value);
      return { ...names, code: code ?? null, removed: code === undefined };
    }
    case namespaces.linkByExpiry: {
      const isTombstone = decodeIndexRow(value) === undefined;
      return { expiresAt: timeText(getUint64(key, 1)), code: fromUtf8(key.subarray(9)), removed: isTombstone };
    }
    case namespaces.kv:
      return pairJson(key.subarray(1), value);
    default:
      throw new DecodeError('a row of another kind');
  }
}

function linkJson(code: string, value: Uint8Array): Record<string, unknown> {
  const row = decodeLinkRow(code, value);
  if (row.kind === 'dead') {
    const { reason, timeMs, revision } = row.dead;
    return { code, dead: reason, at: timeText(timeMs), revision };
  }
  const { url, creatorId, createdAtMs, updatedAtMs, expiresAtMs, disabled, createRevision, revision } = row.link;
  return {
    code,
    url,
    creatorId,
    createdAt: timeText(createdAtMs),
    updatedAt: timeText(updatedAtMs),
    expiresAt: expiresAtMs === undefined ? null : timeText(expiresAtMs),
    disabled,
    createRevision,
    revision,
  };
}

function pairJson(key: Uint8Array, bytes: Uint8Array): Record<string, unknown> {
  const { value, createRevision, revision, version } = decodeKvValue(bytes);
  if (value === undefined) return { ...bytesJson('key', key), removed: true, revision };
  return { ...bytesJson('key', key), ...bytesJson('value', value), createRevision, revision, version };
}

/** The latest time that a Date can hold is below the largest number of a row. */
const dateMaxMs = 8.64e15;

function timeText(ms: number): string | number {
  return ms <= dateMaxMs ? new Date(ms).toISOString() : ms;
}
