// SPDX-License-Identifier: Apache-2.0
import { ByteWriter } from '@shortlink/common/byte-writer.ts';
import { chooseDictionary } from '../blocks/choose-dictionary.ts';
import type { Compression } from '../blocks/frame.ts';
import { chunkLimits } from '../chunk-limits.ts';
import type { ChunkParameters } from '../chunk-parameters.ts';
import type { ChunkRow } from '../chunk-row.ts';
import { CreatorTableBuilder } from './creator-table.ts';
import type { WritableLinkModel } from './link-model.ts';
import { splitLinkValue } from './link-value.ts';
import { Timeline, type TimelineKnot } from './timeline.ts';
import { chooseUrlPrefixes, isMarkable, type UrlPrefixes } from './url-prefixes.ts';

/** Links a knot of the timeline: more knots cost more than the differences that they save. */
const linksPerKnot = 16;
/** Bytes of a block's rows for one byte of its URLs, behind their prefixes. */
const rowBytesPerTextByte = 3;

export interface TrainingOptions {
  readonly compression: Compression;
  readonly parameters: ChunkParameters;
}

/** What the first link rows of a chunk teach about the rest of them: codes are random, so they are a fair sample. */
export function trainLinkModel(
  rows: readonly ChunkRow[],
  { compression, parameters }: TrainingOptions,
): WritableLinkModel {
  const urls: Uint8Array[] = [];
  const points: TimelineKnot[] = [];
  for (const { value } of rows) {
    const parts = splitLinkValue(value);
    if (parts?.kind !== 'live') continue;
    points.push({ revision: parts.createRevision, timeMs: parts.createdAtMs });
    if (isMarkable(parts.url)) urls.push(parts.url);
  }
  const prefixes = chooseUrlPrefixes(urls);
  const texts = textsOf(urls, prefixes, parameters.blockMaxBytes / rowBytesPerTextByte);
  return {
    prefixes,
    timeline: chooseTimeline(points),
    dictionary: chooseDictionary(texts, parameters.dictionaryMaxBytes, compression),
    creators: new CreatorTableBuilder(),
  };
}

function chooseTimeline(points: TimelineKnot[]): Timeline {
  points.sort((a, b) => a.revision - b.revision || a.timeMs - b.timeMs);
  const count = Math.min(Math.floor(points.length / linksPerKnot), chunkLimits.timelineMaxKnots);
  const knots: TimelineKnot[] = [];
  for (let i = 0; i < count; i++) {
    const knot = points[Math.round((i * (points.length - 1)) / Math.max(1, count - 1))];
    if (knot !== undefined && knot.revision > (knots.at(-1)?.revision ?? -1)) knots.push(knot);
  }
  return new Timeline(knots);
}

/** The URLs as blocks write them, in texts of about `textBytes`. */
function textsOf(urls: readonly Uint8Array[], prefixes: UrlPrefixes, textBytes: number): Uint8Array[] {
  const texts: Uint8Array[] = [];
  const writer = new ByteWriter();
  for (const url of urls) {
    const { mark, length } = prefixes.match(url);
    writer.uint8(mark).raw(url.subarray(length));
    if (writer.length < textBytes) continue;
    texts.push(writer.view().slice());
    writer.clear();
  }
  if (writer.length > 0) texts.push(writer.view().slice());
  return texts;
}
