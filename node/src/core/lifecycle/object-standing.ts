// SPDX-License-Identifier: Apache-2.0
import type { ClusterId, ShardId } from '@shortlink/common/ids.ts';
import type { ChunkObject, ChunkRecord, GenerationRecord, MergeRecord } from './types.ts';
import { parseChunkName } from './object-names.ts';
import type { LifecycleRecords, LifecycleView } from './view.ts';

/**
 * What a shard has to say of an object below its prefix. `referenced`: it is on record, and stays. `garbage`: it was
 * unlinked. `pending`: an entry that refers to it may still come. `orphan`: none can. `foreign`: no name of ours.
 */
export type ObjectStanding = 'referenced' | 'garbage' | 'pending' | 'orphan' | 'foreign';

/** A lifecycle with its records, read linearizably after the object was listed: older ones prove nothing. */
export type FullLifecycle = LifecycleView & { readonly records: LifecycleRecords };

/** An object on record, and what refers to it. */
export type ReferencedObject =
  | { readonly kind: 'generation'; readonly object: ChunkObject; readonly record: GenerationRecord }
  | { readonly kind: 'chunk'; readonly object: ChunkObject; readonly record: ChunkRecord }
  | { readonly kind: 'output'; readonly object: ChunkObject; readonly record: MergeRecord };

export function referencedObjects({ generations, chunks, merge }: LifecycleRecords): ReferencedObject[] {
  return [
    ...generations.flatMap((record): ReferencedObject[] =>
      record.object === undefined ? [] : [{ kind: 'generation', object: record.object, record }],
    ),
    ...chunks.map((record): ReferencedObject => ({ kind: 'chunk', object: record.object, record })),
    ...(merge?.result?.outputs ?? []).flatMap(({ object }): ReferencedObject[] =>
      merge === undefined ? [] : [{ kind: 'output', object, record: merge }],
    ),
  ];
}

export function referencedNames(records: LifecycleRecords): Set<string> {
  return new Set(referencedObjects(records).map(({ object }) => object.name));
}

/**
 * CL-I14: an object that no record names is an orphan only when no entry can name it any more. EXPORTED is late for a
 * generation that is not in the hot tier, and MERGED for a merge that is not under way; neither comes back.
 */
export function standingsOf(
  place: { readonly clusterId: ClusterId; readonly shard: ShardId },
  { records, generations }: FullLifecycle,
): (name: string) => ObjectStanding {
  const referenced = referencedNames(records);
  const garbage = new Set(records.garbage.map(({ name }) => name));
  const oldestHot = Math.min(...generations.map(({ id }) => id));
  return (name) => {
    if (referenced.has(name)) return 'referenced';
    if (garbage.has(name)) return 'garbage';
    const parts = parseChunkName(place.clusterId, place.shard, name);
    if (parts === undefined) return 'foreign';
    return parts.generation >= oldestHot || parts.index === records.merge?.id ? 'pending' : 'orphan';
  };
}
