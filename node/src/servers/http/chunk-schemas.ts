// SPDX-License-Identifier: Apache-2.0
import { limits } from '@shortlink/common/limits.ts';
import type { WaitStep } from '../../core/lifecycle/waiting-for.ts';
import type { GenerationState } from '../../core/lifecycle/types.ts';
import { id, list, nodeId, ref, text, whole } from './schema-parts.ts';

const states: Readonly<Record<GenerationState, true>> = { active: true, sealed: true, exported: true, placed: true };

/** What a generation may wait for. */
const steps: Readonly<Record<WaitStep, string>> = {
  votes: 'digests from a quorum of the replicas',
  export: 'its object in the store',
  readback: 'the object to be read again',
  placement: 'the nodes that are to hold copies',
  holders: 'copies on nodes',
  older: 'older generations to be retired',
  retire: 'nothing else: its rows leave the nodes next',
};

const digest = { type: 'string', pattern: '^[0-9a-f]{64}$' } as const;
const generationOrNull = { type: ['integer', 'null'], minimum: 1 } as const;
const holders = { ...list(nodeId), description: 'Nodes that reported a copy.' } as const;

const generation = {
  id,
  state: { enum: Object.keys(states) },
  rows: { ...id, description: 'Links and keys, tombstones included.' },
  bytes: id,
  startedAt: { type: ['string', 'null'], format: 'date-time', description: 'Of its first row.' },
  sealedAt: { type: ['string', 'null'], format: 'date-time', description: 'Null while it is active.' },
  votes: list(ref('DigestVote')),
  object: { oneOf: [ref('ChunkObject'), { type: 'null' }] },
  isReadBack: { type: 'boolean', description: 'The object was read again and holds the rows.' },
  holders,
  waitsFor: list(ref('GenerationWait')),
};

const object = {
  name: { ...text, description: 'In the object store, below the prefix of objectStore.url.' },
  sizeBytes: id,
  rows: { ...id, description: 'Of all kinds: a link has one of its own and one in the index of its creator.' },
  contentDigest: digest,
  minRevision: id,
  maxRevision: id,
};

const chunk = {
  object: ref('ChunkObject'),
  firstGeneration: id,
  lastGeneration: id,
  level: { ...id, description: 'Merges that its oldest row has gone through.' },
  addedVersion: { ...id, description: 'Version of the chunk set that brought it.' },
  holders,
};

const shardChunks = {
  shard: id,
  chunkSetVersion: id,
  generations: { ...list(ref('Generation')), description: 'Newest first; the first one is active.' },
  chunkCount: id,
  chunkRows: id,
  chunkBytes: id,
  garbageCount: { ...id, description: 'Objects that nothing refers to any more and that may still exist.' },
  oldestGarbageAt: { type: ['string', 'null'], format: 'date-time' },
  chunks: { ...list(ref('Chunk'), limits.listMaxLinks), description: 'Those of this page, by name.' },
};

const upload = {
  shard: id,
  sealedGeneration: { ...generationOrNull, description: 'Null: there was nothing new to seal.' },
  waitForGeneration: {
    ...generationOrNull,
    description: 'When it is retired, all that was acknowledged before is in chunks; null: it is already.',
  },
};

/** Of the operations about generations and chunks. */
export const chunkSchemas = {
  Upload: whole(upload),
  Uploads: whole({
    results: list({ oneOf: [ref('Upload'), whole({ shard: id, error: ref('Problem') })] }),
  }),
  DigestVote: whole({ replicaId: id, digest }),
  ChunkObject: whole(object),
  GenerationWait: whole({
    step: {
      enum: Object.keys(steps),
      description: Object.entries(steps)
        .map(([step, meaning]) => `${step}: ${meaning}`)
        .join('; '),
    },
    missing: { type: 'integer', minimum: 1, description: 'How many.' },
  }),
  Generation: whole(generation),
  Chunk: whole(chunk),
  ShardChunks: whole(shardChunks),
  ChunkPage: whole({
    shards: {
      ...list(ref('ShardChunks')),
      description: 'In the order of their ranges; one whose chunks do not fit is in the next page again.',
    },
    cursor: { type: ['string', 'null'], description: 'Null at the end.' },
  }),
} as const;
