// SPDX-License-Identifier: Apache-2.0
import type { ShardId } from '@shortlink/common/ids.ts';
import { resolutionAt } from '../../core/statemachine/resolution.ts';
import type { LinkResolution } from '../../core/statemachine/resolution.ts';
import type { ReadView } from '../engine-api.ts';
import type { LinkVersions } from '../link-versions.ts';
import { AgeingMap } from './ageing-map.ts';

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

interface AbsentEntry extends LinkStamp {
  readonly slot: number;
  /** That a code was in no chunk says nothing of other chunks (design §6). */
  readonly chunkSetVersion: number;
  readonly bytes: number;
}

export interface LinkCacheStats {
  readonly hits: number;
  readonly misses: number;
  readonly bytes: number;
}

/** Objects, strings' headers and a place in a map, measured; the characters come on top. */
const entryBytes = 200;
const absentBytes = 150;
/** Share of the bytes for codes that nobody has: a flood of them drives out only each other. */
const absentShare = 1 / 16;

const notFound: LinkResolution = { kind: 'notFound' };

/** What codes resolved to, on one serving thread, coherent with the store by the versions of links (H-I12). */
export class LinkCache {
  readonly #versions: LinkVersions;
  readonly #links: AgeingMap<Entry>;
  readonly #absent: AgeingMap<AbsentEntry>;
  #hits = 0;
  #misses = 0;

  constructor(versions: LinkVersions, maxBytes: number) {
    this.#versions = versions;
    this.#links = new AgeingMap(maxBytes * (1 - absentShare));
    this.#absent = new AgeingMap(maxBytes * absentShare);
  }

  /** What a read through `view`, which was confirmed for the asker, would find; undefined when only a read can say. */
  find(code: string, view: Pick<ReadView, 'slot' | 'timeMs' | 'chunkSetVersion'>): LinkResolution | undefined {
    const entry = this.#links.get(code);
    if (entry !== undefined && this.#isValid(entry, view)) {
      this.#hits++;
      this.#links.touch(code, entry);
      return resolutionAt(entry.resolution, view.timeMs);
    }
    const absent = this.#absent.get(code);
    if (absent?.chunkSetVersion === view.chunkSetVersion && this.#isValid(absent, view)) {
      this.#hits++;
      this.#absent.touch(code, absent);
      return notFound;
    }
    this.#misses++;
    return undefined;
  }

  /** To be taken before the rows of the code are read. */
  stamp(shard: ShardId, code: string): LinkStamp {
    const place = this.#versions.placeOf(shard, code);
    return { place, version: this.#versions.at(place) };
  }

  /** Remembers the outcome of a complete read of the code that began after `stamp` was taken. */
  keep(code: string, stamp: LinkStamp, { slot, resolution }: Pick<Entry, 'slot' | 'resolution'>): void {
    const characters = code.length + (resolution.kind === 'found' ? resolution.url.length : 0);
    this.#links.set(code, { ...stamp, slot, resolution, bytes: entryBytes + characters });
  }

  /** As `keep`, of a code that nobody has ever had. */
  keepAbsent(code: string, stamp: LinkStamp, view: Pick<ReadView, 'slot' | 'chunkSetVersion'>): void {
    const { slot, chunkSetVersion } = view;
    this.#absent.set(code, { ...stamp, slot, chunkSetVersion, bytes: absentBytes + code.length });
  }

  /** Since the last call, but for the bytes. */
  takeStats(): LinkCacheStats {
    const stats = { hits: this.#hits, misses: this.#misses, bytes: this.#links.bytes + this.#absent.bytes };
    this.#hits = 0;
    this.#misses = 0;
    return stats;
  }

  #isValid({ slot, place, version }: LinkStamp & { readonly slot: number }, view: Pick<ReadView, 'slot'>): boolean {
    return slot === view.slot && this.#versions.at(place) === version;
  }
}
