// SPDX-License-Identifier: Apache-2.0
import { sequenceOfName } from '../../src/core/lifecycle/object-names.ts';
import { referencedNames } from '../../src/core/lifecycle/object-standing.ts';
import type { ChunkWorkPorts, ChunkWorkSettings } from '../../src/engine/chunks/open-chunk-work.ts';
import type { WatchedShard } from '../../src/engine/chunks/shard-watch.ts';
import type { ObjectInfo } from '../../src/ports/object-store.ts';
import { changedStore } from './changed-store.ts';
import type { Mutant } from './mutant.ts';

const options = { timeoutMs: 20_000 };

/** After each look at the shards, deletes what is listed, is known to none of them, and seems due. */
function sweepsListings(ports: ChunkWorkPorts, isDue: (object: ObjectInfo) => boolean): ChunkWorkPorts {
  const { objects, observer } = ports;
  const sweep = async (shards: readonly WatchedShard[]): Promise<void> => {
    const known = new Set(
      shards.flatMap(({ records }) => [...referencedNames(records), ...records.garbage.map(({ name }) => name)]),
    );
    const page = await objects.list({ prefix: '', limit: 1000 }, options);
    const extra = page.objects.filter(({ name }) => name.includes('/chunks/') && !known.has(name));
    for (const object of extra) if (isDue(object)) await objects.delete(object.name, options);
  };
  return {
    ...ports,
    observer: {
      ...observer,
      count: (event, bytes) => observer.count(event, bytes),
      round: (seen) => {
        observer.round(seen);
        void sweep(seen.shards).catch((error: unknown) => observer.failed('a sweep', error));
      },
    },
  };
}

const orphanAgeMs = 1_000;

const lastManifest = 3;

/** After the first few manifests of a shard, the others are only said to be published. */
function publishesLazily(ports: ChunkWorkPorts): ChunkWorkPorts {
  const isLeftOut = (name: string): boolean =>
    name.includes('/manifests/') && !name.includes('/cluster/') && (sequenceOfName(name) ?? 0) > lastManifest;
  return {
    ...ports,
    objects: changedStore(ports.objects, {
      put: async (name, body, given) => (isLeftOut(name) ? 'created' : ports.objects.put(name, body, given)),
    }),
  };
}

function withoutAge(settings: ChunkWorkSettings): ChunkWorkSettings {
  return { ...settings, collector: { ...settings.collector, minAgeMs: 0 } };
}

const deletions = ['referenced objects stay', 'referenced objects exist'];

export const collectorMutants: readonly Mutant[] = [
  {
    name: 'collects what a listing has and records lack',
    knownFrom: 'SlateDB #604, #1028, #1044: the collector deleted live tables',
    seeds: 4,
    caughtBy: deletions,
    mutation: { chunkPorts: (ports) => sweepsListings(ports, () => true) },
  },
  {
    name: 'age alone makes an orphan',
    knownFrom: 'SlateDB #1707, #1758, #1822 (RFC-0029): uploaded, not yet published, deleted',
    seeds: 8,
    caughtBy: deletions,
    mutation: {
      chunkPorts: (ports, { clock }) =>
        sweepsListings(ports, ({ modifiedMs }) => clock.nowMs() - modifiedMs > orphanAgeMs),
    },
  },
  {
    name: 'deletes before the manifest is published',
    knownFrom: 'Redpanda #10099: objects deleted before the manifest without them was uploaded',
    seeds: 8,
    caughtBy: ['manifest first'],
    mutation: { chunkPorts: publishesLazily },
  },
  {
    name: 'deletes as soon as nothing refers to it',
    knownFrom: 'SlateDB #984: deleted under the hands of readers of older versions',
    seeds: 4,
    caughtBy: ['garbage ages'],
    mutation: { chunkSettings: withoutAge },
  },
];
