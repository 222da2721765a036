// SPDX-License-Identifier: Apache-2.0
import { ByteReader, DecodeError } from '@shortlink/common/byte-reader.ts';
import { ByteWriter } from '@shortlink/common/byte-writer.ts';
import { fromHex, toHex } from '@shortlink/common/bytes.ts';
import type { Revision } from '@shortlink/common/ids.ts';
import { generationStates } from '../lifecycle/types.ts';
import type { GenerationSummary } from '../lifecycle/view.ts';
import type { ConfState } from '../raft/types.ts';
import { firstGeneration } from './keys.ts';
import { initialStateHash } from './state-hash.ts';
import { expectVersion, readFlag, readName, writeFlag } from './wire-fields.ts';

/**
 * A generation that is in the hot tier; a retired one is no longer listed. `rows`: links and keys in it, tombstones included.
 * `bytes`: keys and values that were put into it, less what they replaced, as far as that is known without another read.
 * `startedAtMs`: shard time of its first row; 0 while it is empty.
 */
export type GenerationInfo = GenerationSummary;

/**
 * What a shard knows beside its rows: the row at `shardStateKey`, written in the same batch as the effects.
 * Mutable: the caller owns one record a replica; apply changes it, and the engine sets `confState`.
 */
export interface ShardState {
  appliedIndex: number;
  appliedTerm: number;
  /** Raised by every mutation; never falls. */
  revision: Revision;
  /** Time of the last entry with commands; never falls. */
  timeMs: number;
  /** Newest first; the first one is active. */
  generations: GenerationInfo[];
  /** V of the design: raised by each change of the set of chunks; 0: there are no chunks. */
  chunkSetVersion: number;
  /** V after the last retirement: what was seen in the cold tier at an older V may have missed rows that were still hot. */
  retiredVersion: number;
  /** Raised by every entry that changes a record of the lifecycle: who has read the records at this version has them all. */
  lifecycleVersion: number;
  /** Start times of the live epochs of the idempotency memory, newest first; at most two. */
  idempotencyEpochs: number[];
  /** 16 hexadecimal digits, see state-hash.ts. */
  stateHash: string;
  confState: ConfState;
}

const formatVersion = 2;

export const emptyConfState: ConfState = {
  voters: [],
  learners: [],
  votersOutgoing: [],
  learnersNext: [],
  autoLeave: false,
};

export function newGeneration(id: number): GenerationInfo {
  return { id, state: 'active', rows: 0, bytes: 0, startedAtMs: 0 };
}

export function initialShardState(confState: ConfState = emptyConfState): ShardState {
  return {
    appliedIndex: 0,
    appliedTerm: 0,
    revision: 0,
    timeMs: 0,
    generations: [newGeneration(firstGeneration)],
    chunkSetVersion: 0,
    retiredVersion: 0,
    lifecycleVersion: 0,
    idempotencyEpochs: [],
    stateHash: initialStateHash,
    confState,
  };
}

export function encodeShardState(state: ShardState): Uint8Array {
  const writer = new ByteWriter().uint8(formatVersion);
  writer.varint(state.appliedIndex).varint(state.appliedTerm).varint(state.revision).varint(state.timeMs);
  writer.varint(state.generations.length);
  for (const { id, state: stage, rows, bytes, startedAtMs } of state.generations) {
    writer.varint(id).uint8(generationStates.indexOf(stage)).varint(rows).varint(bytes).varint(startedAtMs);
  }
  writer.varint(state.chunkSetVersion).varint(state.retiredVersion).varint(state.lifecycleVersion);
  writeNumbers(writer, state.idempotencyEpochs);
  writer.raw(fromHex(state.stateHash));
  writeNumbers(writer, state.confState.voters);
  writeNumbers(writer, state.confState.learners);
  writeNumbers(writer, state.confState.votersOutgoing);
  writeNumbers(writer, state.confState.learnersNext);
  writeFlag(writer, state.confState.autoLeave);
  return writer.finish();
}

/** @throws DecodeError */
export function decodeShardState(bytes: Uint8Array): ShardState {
  const reader = new ByteReader(bytes);
  expectVersion(reader, formatVersion, 'shard state');
  const state: ShardState = {
    appliedIndex: reader.varint(),
    appliedTerm: reader.varint(),
    revision: reader.varint(),
    timeMs: reader.varint(),
    generations: readGenerations(reader),
    chunkSetVersion: reader.varint(),
    retiredVersion: reader.varint(),
    lifecycleVersion: reader.varint(),
    idempotencyEpochs: readNumbers(reader),
    stateHash: toHex(reader.raw(8)),
    confState: {
      voters: readNumbers(reader),
      learners: readNumbers(reader),
      votersOutgoing: readNumbers(reader),
      learnersNext: readNumbers(reader),
      autoLeave: readFlag(reader),
    },
  };
  reader.end();
  return state;
}

function readGenerations(reader: ByteReader): GenerationInfo[] {
  const generations: GenerationInfo[] = [];
  const count = reader.varint();
  for (let i = 0; i < count; i++) {
    generations.push({
      id: reader.varint(),
      state: readName(reader, generationStates),
      rows: reader.varint(),
      bytes: reader.varint(),
      startedAtMs: reader.varint(),
    });
  }
  if (generations[0]?.state !== 'active') throw new DecodeError('the newest generation is not active');
  return generations;
}

function writeNumbers(writer: ByteWriter, values: readonly number[]): void {
  writer.varint(values.length);
  for (const value of values) writer.varint(value);
}

function readNumbers(reader: ByteReader): number[] {
  const values: number[] = [];
  const count = reader.varint();
  for (let i = 0; i < count; i++) values.push(reader.varint());
  return values;
}
