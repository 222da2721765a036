// SPDX-License-Identifier: Apache-2.0
import type { ShardId } from '@shortlink/common/ids.ts';
import { resolutionAt } from '../../core/statemachine/resolution.ts';
import type { LinkResolution } from '../../core/statemachine/resolution.ts';
import type { ReadView } from '../engine-api.ts';
import type { LinkVersions } from '../link-versions.ts';

/** What is to be noted of a code before its rows are read. */
export interface LinkStamp {
  readonly place: number;
  readonly version: number;
}

interface Entry extends LinkStamp {
  /** The installed copy of the shard that the rows were read from: a snapshot replaces all rows at once. */
  readonly slot: number;
  readonly resolution: LinkResolution;
  readonly bytes: number;
}

export interface LinkCacheStats {
  readonly hits: number;
  readonly misses: number;
  readonly bytes: number;
}

/** Objects, strings' headers and a place in a map, measured; the characters come on top. */
const entryBytes = 220;

/**
 * What codes resolved to, on one serving thread, coherent with the store by the versions of links (H-I12). Two maps, the
 * younger of which takes what is new or used again; when it has half of the bytes, the older one is dropped and it
 * becomes the older one. So what is not used between two such moments goes, and using an entry costs next to nothing.
 */
export class LinkCache {
  readonly #versions: LinkVersions;
  readonly #maxBytes: number;
  #young = new Map<string, Entry>();
  #old = new Map<string, Entry>();
  #youngBytes = 0;
  #oldBytes = 0;
  #hits = 0;
  #misses = 0;

  constructor(versions: LinkVersions, maxBytes: number) {
    this.#versions = versions;
    this.#maxBytes = maxBytes;
  }

  /** What a read through `view`, which was confirmed for the asker, would find; undefined when only a read can say. */
  find(code: string, view: Pick<ReadView, 'slot' | 'timeMs'>): LinkResolution | undefined {
    const young = this.#young.get(code);
    const entry = young ?? this.#old.get(code);
    if (entry === undefined || entry.slot !== view.slot || this.#versions.at(entry.place) !== entry.version) {
      this.#misses++;
      return undefined;
    }
    this.#hits++;
    if (young === undefined) this.#put(code, entry);
    return resolutionAt(entry.resolution, view.timeMs);
  }

  /** To be taken before the rows of the code are read. */
  stamp(shard: ShardId, code: string): LinkStamp {
    const place = this.#versions.placeOf(shard, code);
    return { place, version: this.#versions.at(place) };
  }

  /** Remembers the outcome of a complete read of the code that began after `stamp` was taken. */
  keep(code: string, stamp: LinkStamp, { slot, resolution }: Pick<Entry, 'slot' | 'resolution'>): void {
    const characters = code.length + (resolution.kind === 'found' ? resolution.url.length : 0);
    this.#put(code, { ...stamp, slot, resolution, bytes: entryBytes + characters });
  }

  /** Since the last call, but for the bytes. */
  takeStats(): LinkCacheStats {
    const stats = { hits: this.#hits, misses: this.#misses, bytes: this.#youngBytes + this.#oldBytes };
    this.#hits = 0;
    this.#misses = 0;
    return stats;
  }

  #put(code: string, entry: Entry): void {
    this.#youngBytes += entry.bytes - (this.#young.get(code)?.bytes ?? 0);
    this.#young.set(code, entry);
    if (2 * this.#youngBytes <= this.#maxBytes) return;
    this.#old = this.#young;
    this.#oldBytes = this.#youngBytes;
    this.#young = new Map();
    this.#youngBytes = 0;
  }
}
