// SPDX-License-Identifier: Apache-2.0
import type { ShardId } from '@shortlink/common/ids.ts';
import { decodeChunkRecord, encodeChunkRecord } from '../../src/core/lifecycle/records-codec.ts';
import type { ChunkRecord } from '../../src/core/lifecycle/types.ts';
import type { ColdFound, ColdNeed } from '../../src/core/statemachine/cold-overlay.ts';
import { generationRangesThrough, namespaces } from '../../src/core/statemachine/keys.ts';
import type { ShardMachine } from '../../src/engine/machines/shard-machine.ts';
import type { ColdTier } from '../../src/ports/cold-tier.ts';
import type { KvReader, Row } from '../../src/ports/kv-engine.ts';
import type { SimProcess } from '../sim-process.ts';
import { changedReader } from './changed-store.ts';
import type { Mutant } from './mutant.ts';

const patienceMs = 300;

/** A tier that cannot be asked, or takes its time, is taken for one that has nothing. */
function failuresAreMisses(tier: ColdTier, { timers }: SimProcess): ColdTier {
  return {
    query: async (query, timeoutMs) => {
      const miss = { kind: 'found', found: query.needs.map(nothing) } as const;
      const impatience = new Promise<typeof miss>((resolve) => {
        timers.after(Math.min(patienceMs, timeoutMs), () => resolve(miss));
      });
      const answer = await Promise.race([tier.query(query, timeoutMs), impatience]);
      return answer.kind === 'unavailable' ? miss : answer;
    },
  };
}

function nothing({ kind }: ColdNeed): ColdFound {
  switch (kind) {
    case 'row':
      return { kind, value: undefined };
    case 'free':
      return { kind, isFree: true };
    case 'page':
      return { kind, page: { rows: [], more: false } };
  }
}

/** The rows of the chunk set, changed by whoever reads them. */
function changedChunks(
  reader: KvReader,
  change: (chunks: readonly ChunkRecord[], rows: readonly Row[]) => ChunkRecord[],
): KvReader {
  return changedReader(reader, {
    scan: (column, range, options) => {
      const rows = reader.scan(column, range, options);
      if (range.gte[0] !== namespaces.chunk) return rows;
      const chunks = change(
        rows.map(({ value }) => decodeChunkRecord(value)),
        rows,
      );
      const kept = new Map(chunks.map((chunk) => [chunk.object.name, chunk]));
      return rows.flatMap((row) => {
        const chunk = kept.get(decodeChunkRecord(row.value).object.name);
        return chunk === undefined ? [] : [{ key: row.key, value: encodeChunkRecord(chunk) }];
      });
    },
  });
}

const mirror = 1_000_000;

/** Of chunks that share keys the oldest one answers. */
function oldestFirst(reader: KvReader): KvReader {
  return changedChunks(reader, (chunks) =>
    chunks.map(({ firstGeneration, lastGeneration, ...chunk }) => ({
      ...chunk,
      firstGeneration: mirror - lastGeneration,
      lastGeneration: mirror - firstGeneration,
    })),
  );
}

/** The sweep behind a retirement takes the next generation with it. */
function sweepsTooMuch(machine: ShardMachine, shard: ShardId): void {
  const take = machine.takeDroppedRanges.bind(machine);
  machine.takeDroppedRanges = () => {
    const oldest = machine.status().generations.at(-1)?.id;
    const dropped = take();
    return dropped.length === 0 || oldest === undefined
      ? dropped
      : generationRangesThrough({ shard, slot: machine.slot }, oldest);
  };
}

function sweepsNothing(machine: ShardMachine): void {
  machine.takeDroppedRanges = () => [];
}

export const readMutants: readonly Mutant[] = [
  {
    name: 'a tier that does not answer has nothing',
    knownFrom: 'Bufstream 0.1.0 (Jepsen): failures of storage read as empty; Neon #5635: index without its layer',
    seeds: 4,
    caughtBy: ['durability', 'linearizability', 'unique codes', 'batches'],
    mutation: { coldTier: failuresAreMisses },
  },
  {
    name: 'the oldest of overlapping chunks answers',
    knownFrom: 'Redpanda #10688, #17839: overlapping segments, merges on stale manifests',
    seeds: 8,
    caughtBy: ['linearizability'],
    mutation: { coldReader: oldestFirst },
  },
  {
    name: 'sweeps one generation too many',
    knownFrom: 'Redpanda #9494: truncated too far; SlateDB #1028: new tables deleted',
    seeds: 4,
    // Replicas sweep at different moments, so that their states differ, too.
    caughtBy: ['equal states', 'durability', 'linearizability', 'unique codes', 'batches', 'rows survive'],
    mutation: { alterMachine: sweepsTooMuch },
  },
  {
    name: 'sweeps nothing',
    knownFrom: 'Kafka KIP-1266: metadata grow without bound; Neon #4326: leaked deletions',
    seeds: 4,
    caughtBy: ['hot state is bounded'],
    mutation: { alterMachine: sweepsNothing },
  },
];
