// SPDX-License-Identifier: Apache-2.0
import type { CreatorTable, CreatorTableBuilder } from './creator-table.ts';
import type { Timeline } from './timeline.ts';
import type { UrlPrefixes } from './url-prefixes.ts';

/** What the link blocks of a chunk have in common, so that none of them repeats it. */
export interface LinkModel {
  readonly prefixes: UrlPrefixes;
  readonly timeline: Timeline;
  /** Of the texts of link blocks. */
  readonly dictionary: Uint8Array | undefined;
}

/** The model while blocks are written: creators are listed as they come. */
export interface WritableLinkModel extends LinkModel {
  readonly creators: CreatorTableBuilder;
}

export interface ReadableLinkModel extends LinkModel {
  readonly creators: CreatorTable;
}
