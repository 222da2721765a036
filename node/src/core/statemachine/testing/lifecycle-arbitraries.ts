// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { compareBytes } from '@shortlink/common/bytes.ts';
import type { ChunkObject, ChunkRecord, MergeRecord, Placement } from '../../lifecycle/types.ts';
import type { LifecycleCommand } from '../commands.ts';

// Entries and records of the lifecycle of every shape that the codecs accept.

const count = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const digest = fc.stringMatching(/^[0-9a-f]{64}$/);
const name = fc.stringMatching(/^[a-z0-9][a-z0-9/.-]{0,40}[a-z0-9]$/);
const names = fc.uniqueArray(name, { maxLength: 4 });
const node = fc.stringMatching(/^[0-9a-f]{16}$/);
const key = fc.uint8Array({ minLength: 1, maxLength: 20 });
const orUndefined = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const ordered = <T>(one: fc.Arbitrary<T>, compare: (a: T, b: T) => number) =>
  fc.tuple(one, one).map(([a, b]): readonly [T, T] => (compare(a, b) <= 0 ? [a, b] : [b, a]));

const object: fc.Arbitrary<ChunkObject> = fc
  .record({
    name,
    sizes: ordered(count, (a, b) => a - b),
    contentDigest: digest,
    checksum: digest,
    rows: count,
    keys: ordered(key, compareBytes),
    revisions: ordered(fc.maxSafeNat(), (a, b) => a - b),
  })
  .map(
    ({ sizes: [tailBytes, sizeBytes], keys: [firstKey, lastKey], revisions: [minRevision, maxRevision], ...rest }) => {
      return { ...rest, sizeBytes, tailBytes, firstKey, lastKey, minRevision, maxRevision };
    },
  );

const placement: fc.Arbitrary<Placement> = fc.record({
  ringEpoch: fc.maxSafeNat(),
  nodes: fc.uniqueArray(node, { minLength: 1, maxLength: 4 }),
  redundancy: count,
});
const format = fc.record({
  version: count,
  blockMaxBytes: count,
  compressionLevel: count,
  dictionaryMaxBytes: fc.maxSafeNat(),
  sampleBytes: count,
});
const objects = fc.uniqueArray(object, { maxLength: 3, selector: (one) => one.name });
const dropped = fc.record({ rows: fc.maxSafeNat(), checksum: digest });

export const lifecycleCommand: fc.Arbitrary<LifecycleCommand> = fc.oneof(
  fc.record({ type: fc.constant('upload' as const), generation: count, format }),
  fc.record({ type: fc.constant('digest' as const), generation: count, replica: count, digest }),
  fc.record({ type: fc.constant('exported' as const), generation: count, object, replaces: orUndefined(name) }),
  fc.record({ type: fc.constant('readback' as const), generation: count, object: name, digest: orUndefined(digest) }),
  fc.record({ type: fc.constant('redistribute' as const), generation: count, object: name, placement }),
  fc.record({ type: fc.constant('holdings' as const), node, holds: names, drops: names, placement }),
  fc.record({
    type: fc.constant('retire' as const),
    generation: count,
    object: name,
    chunkSetVersion: fc.maxSafeNat(),
  }),
  fc.record({ type: fc.constant('forget' as const), objects: names }),
  fc.record({
    type: fc.constant('merge' as const),
    node,
    inputs: fc.uniqueArray(name, { minLength: 1, maxLength: 4 }),
    chunkSetVersion: count,
  }),
  fc.record({ type: fc.constant('merged' as const), merge: count, outputs: objects, dropped }),
  fc.record({ type: fc.constant('replace' as const), merge: count, node, placement }),
  fc.record({ type: fc.constant('mergeAbandoned' as const), merge: count }),
);

const holders = fc.array(node, { maxLength: 3 });

export const chunkRecord: fc.Arbitrary<ChunkRecord> = fc.record({
  object,
  firstGeneration: count,
  lastGeneration: count,
  level: fc.nat(),
  addedVersion: count,
  holders,
});

export const mergeRecord: fc.Arbitrary<MergeRecord> = fc.record({
  id: count,
  term: count,
  startedAtMs: fc.maxSafeNat(),
  node,
  inputs: fc.array(name, { minLength: 1, maxLength: 4 }),
  result: orUndefined(
    fc.record({
      outputs: fc.array(fc.record({ object, holders }), { maxLength: 3 }),
      dropped,
      mergedAtMs: fc.maxSafeNat(),
    }),
  ),
});
