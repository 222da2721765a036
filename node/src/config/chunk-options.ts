// SPDX-License-Identifier: Apache-2.0
import type { OptionTable } from '@shortlink/common/options.ts';

const kib = 2 ** 10;
const mib = 2 ** 20;
const gib = 2 ** 30;
const minuteMs = 60 * 1000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** Rows of the table of options: when data goes to the object store, and what keeps it near. Only with objectStore.url. */
export const chunkOptions = {
  'chunks.sealAfterBytes': {
    kind: 'bytes',
    default: 256 * mib,
    min: 4 * kib,
    max: 8 * gib,
    help: 'Size of the rows of a shard that are only on the nodes, after which they begin their way to the object store.',
  },
  'chunks.sealAfterMs': {
    kind: 'durationMs',
    default: dayMs,
    min: 1000,
    max: 365 * dayMs,
    help: 'Age of the oldest of these rows, after which they begin their way to the object store.',
  },
  'chunks.drainUploadMs': {
    kind: 'durationMs',
    default: 5 * minuteMs,
    min: 0,
    max: dayMs,
    help: 'How long the replicas on a node that is removed wait until what their shards have on the nodes only is in the object store, so that there is less to move. 0: not at all.',
  },
  'chunks.maxHotBytes': {
    kind: 'bytes',
    derived: '24 times chunks.sealAfterBytes',
    min: 4 * kib,
    max: 1024 * gib,
    help: 'Size of the rows of a shard that are only on the nodes, beyond which writes are refused as overloaded once 16 generations wait for the object store.',
  },
  'chunks.checkpointEveryMs': {
    kind: 'durationMs',
    default: 60_000,
    min: 100,
    max: dayMs,
    help: 'Pause between two checkpoints of a shard: what is not in a chunk yet goes to the object store, too, so that the loss of all nodes loses no more than what was written since.',
  },
  'chunks.redundancy': {
    kind: 'int',
    default: 2,
    min: 1,
    max: 16,
    unit: 'nodes',
    help: 'Nodes that keep a copy of each chunk on their disks, in different zones where there are any, for fast reads and in case the object store is away.',
  },
  'chunks.maxCandidates': {
    kind: 'int',
    default: 4,
    min: 2,
    max: 64,
    unit: 'chunks',
    help: 'Chunks that a lookup may have to ask for one key. Fewer make reads of absent keys cheaper, and merges write more.',
  },
  'chunks.mergeTargetBytes': {
    kind: 'bytes',
    default: 256 * mib,
    min: 64 * kib,
    max: 8 * gib,
    help: 'Size at which a chunk that merges make ends and the next one begins.',
  },
  'chunks.gcMinAgeMs': {
    kind: 'durationMs',
    default: hourMs,
    min: 1000,
    max: 365 * dayMs,
    help: 'Time that an object stays in the object store after nothing refers to it any more: for reads and backups that began before.',
  },
  'chunks.orphanMinAgeMs': {
    kind: 'durationMs',
    default: 25 * hourMs,
    min: 1000,
    max: 365 * dayMs,
    help: 'Age, by the clock of the object store, at which an object that nothing ever referred to may be deleted, and an unfinished upload is aborted: longer than any upload takes, with room for clocks that differ.',
  },
  'chunks.bytesPerSecond': {
    kind: 'bytes',
    default: 32 * mib,
    min: 64 * kib,
    max: 16 * gib,
    unit: 'bytes/s',
    help: 'Rate at which a node copies and checks chunks at most, so that Raft has the disk and the network to itself.',
  },
  'chunks.tailCacheBytes': {
    kind: 'bytes',
    default: 256 * mib,
    min: mib,
    max: 64 * gib,
    help: 'Memory for the filters and indexes of chunks.',
  },
  'chunks.blockCacheBytes': {
    kind: 'bytes',
    default: 64 * mib,
    min: mib,
    max: 64 * gib,
    help: 'Memory for blocks of chunks that were read lately.',
  },
  'chunks.diskCacheBytes': {
    kind: 'bytes',
    default: gib,
    min: 0,
    max: 64 * gib,
    help: 'Disk for parts of chunks of which this node holds no copy, as they come from other nodes and from the object store. Empty after a start; given back when the disk has little more than 1 GiB left. 0: none.',
  },
} as const satisfies OptionTable;
