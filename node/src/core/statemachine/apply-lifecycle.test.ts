// SPDX-License-Identifier: Apache-2.0
import { chunkFormat as format } from '../lifecycle/testing/chunk-format.ts';
import { describe, expect, it } from 'vitest';
import { decodeChunkRecord, decodeGarbageRecord, decodeGenerationRecord } from '../lifecycle/records-codec.ts';
import { waitingGenerationsMax } from '../lifecycle/transitions.ts';
import type { Command, Holdings } from './commands.ts';
import { generationRecordKey, namespaceRange, namespaces, objectKey } from './keys.ts';
import { decodeReadResult, encodeReadResult } from './read-codec.ts';
import { createLink, deleteLink, kvDelete, kvPut, linkOf } from './testing/commands.ts';
import {
  chunkObject,
  digestA,
  digestB,
  exportSteps,
  placement,
  retireOldest,
  rowsOfGeneration,
} from './testing/lifecycle.ts';
import { TestShard } from './testing/test-shard.ts';

/** Three voters; one generation with two links, sealed. */
function sealedShard(): TestShard {
  const shard = new TestShard();
  shard.state.confState = { ...shard.state.confState, voters: [1, 2, 3] };
  shard.applyAll(createLink('one'), createLink('two'));
  shard.seal();
  return shard;
}

function record(shard: TestShard, generation = 1) {
  const bytes = shard.memory.get(generationRecordKey(shard.scope, generation));
  return bytes === undefined ? undefined : decodeGenerationRecord(bytes);
}

function chunk(shard: TestShard, name: string) {
  const bytes = shard.memory.get(objectKey(namespaces.chunk, shard.scope, name));
  return bytes === undefined ? undefined : decodeChunkRecord(bytes);
}

function garbage(shard: TestShard): string[] {
  return shard.memory
    .scan(namespaceRange(namespaces.garbage, shard.scope), { limit: 100 })
    .map(({ value }) => decodeGarbageRecord(value).name);
}

const retire = (shard: TestShard, object = 'chunk-1'): Command => ({
  type: 'retire',
  generation: 1,
  object,
  chunkSetVersion: shard.state.chunkSetVersion,
});

function verdict(shard: TestShard, command: Command): unknown {
  const result = shard.apply(command);
  return result.kind === 'lifecycle' ? result.verdict : result.kind;
}

describe('CL-I1: UPLOAD', () => {
  it('seals what was applied before it, and everything after it goes into the next generation', () => {
    const shard = sealedShard();
    expect(shard.state.generations).toMatchObject([
      { id: 2, state: 'active', rows: 0 },
      { id: 1, state: 'sealed', rows: 2 },
    ]);
    const before = rowsOfGeneration(shard, 1);
    shard.applyAll(createLink('three'), deleteLink('one'), createLink('two'));
    expect(rowsOfGeneration(shard, 1)).toEqual(before);
    expect(record(shard)).toMatchObject({ sealedIndex: 2, sealedTerm: 1, sealedAtMs: 1000, format });
  });

  it('is a no-op when the generation is empty, sealed already, or not there yet', () => {
    const shard = sealedShard();
    expect(verdict(shard, { type: 'upload', generation: 2, format })).toBe('empty');
    expect(verdict(shard, { type: 'upload', generation: 1, format })).toBe('late');
    expect(verdict(shard, { type: 'upload', generation: 3, format })).toBe('early');
  });

  it('is a no-op when everything that was written is gone again: there would be nothing to export', () => {
    const shard = new TestShard();
    shard.applyAll(kvPut('k', '1'), kvPut('k', '22'), kvDelete('k'), kvDelete('k'));
    expect(shard.state.generations).toEqual([{ id: 1, state: 'active', rows: 0, bytes: 0, startedAtMs: 0 }]);
    expect(verdict(shard, { type: 'upload', generation: 1, format })).toBe('empty');
  });

  it('is refused while too many generations wait, and nothing is lost', () => {
    const shard = new TestShard();
    for (let i = 0; i <= waitingGenerationsMax; i++) {
      shard.apply(kvPut('k', String(i)));
      shard.seal();
    }
    expect(shard.state.generations).toHaveLength(waitingGenerationsMax + 1);
    const active = shard.state.generations[0]?.id ?? 0;
    expect(verdict(shard, { type: 'upload', generation: active, format })).toBe('tooMany');
  });
});

describe('CL-I2: every step', () => {
  it('does nothing when it comes early, late, twice or for another object', () => {
    const shard = sealedShard();
    const steps = exportSteps(1, chunkObject('chunk-1'));
    expect(verdict(shard, { type: 'readback', generation: 1, object: 'chunk-1', digest: digestA })).toBe('early');
    expect(verdict(shard, { type: 'digest', generation: 2, replica: 1, digest: digestA })).toBe('early');
    for (const step of steps) shard.apply(step);
    const hash = shard.state.stateHash;
    for (const step of steps) {
      const result = shard.apply(step);
      if (result.kind === 'lifecycle') expect(['late', 'otherObject', 'moved']).toContain(result.verdict);
    }
    expect(shard.state.stateHash).toBe(hash);
    expect(verdict(shard, { type: 'readback', generation: 1, object: 'chunk-x', digest: digestA })).toBe('otherObject');
    expect(
      verdict(shard, { type: 'exported', generation: 1, object: chunkObject('chunk-2'), replaces: undefined }),
    ).toBe('otherObject');
  });
});

describe('CL-I3: at most one object a generation is referred to', () => {
  it('takes a new export only in the place of the old one, which becomes garbage', () => {
    const shard = sealedShard();
    for (const step of exportSteps(1, chunkObject('chunk-1'))) shard.apply(step);
    expect(
      verdict(shard, { type: 'exported', generation: 1, object: chunkObject('chunk-2'), replaces: 'chunk-1' }),
    ).toBe('done');
    expect(record(shard)).toMatchObject({ object: { name: 'chunk-2' }, readback: undefined, holders: [] });
    expect(garbage(shard)).toEqual(['chunk-1']);
    expect(shard.state.generations.at(-1)?.state).toBe('exported');
  });

  it('gives an object up whose read-back differs or fails, and the generation waits for another export', () => {
    for (const digest of [digestB, undefined]) {
      const shard = sealedShard();
      for (const step of exportSteps(1, chunkObject('chunk-1')).slice(0, 3)) shard.apply(step);
      expect(verdict(shard, { type: 'readback', generation: 1, object: 'chunk-1', digest })).toBe('done');
      expect(shard.state.generations.at(-1)?.state).toBe('sealed');
      expect(garbage(shard)).toEqual(['chunk-1']);
      expect(record(shard)?.votes).toHaveLength(2);
      shard.apply({ type: 'forget', objects: ['chunk-1', 'unknown'] });
      expect(garbage(shard)).toEqual([]);
    }
  });

  it('does not take an object again that was given up, when its announcement comes a second time', () => {
    const shard = sealedShard();
    for (const step of exportSteps(1, chunkObject('chunk-1')).slice(0, 3)) shard.apply(step);
    shard.apply({ type: 'readback', generation: 1, object: 'chunk-1', digest: undefined });
    const announcement = { type: 'exported', generation: 1, replaces: undefined } as const;
    expect(verdict(shard, { ...announcement, object: chunkObject('chunk-1') })).toBe('late');
    expect(record(shard)?.object).toBeUndefined();
    expect(verdict(shard, { ...announcement, object: chunkObject('chunk-2') })).toBe('done');
  });
});

describe('CL-I4: RETIRE', () => {
  const all = (): readonly Command[] => exportSteps(1, chunkObject('chunk-1'));
  const without = (leave: (command: Command) => boolean): TestShard => {
    const shard = sealedShard();
    for (const step of all()) if (!leave(step)) shard.apply(step);
    return shard;
  };

  it('waits for a quorum of digests that agree with the read-back, of both halves while the configuration is joint', () => {
    const oneVote = without((step) => step.type === 'digest' && step.replica === 2);
    expect(verdict(oneVote, retire(oneVote))).toBe('notAgreed');
    oneVote.apply({ type: 'digest', generation: 1, replica: 4, digest: digestA });
    expect(verdict(oneVote, retire(oneVote)), 'a learner’s vote').toBe('notAgreed');
    oneVote.apply({ type: 'digest', generation: 1, replica: 3, digest: digestB });
    expect(verdict(oneVote, retire(oneVote)), 'another digest').toBe('notAgreed');
    oneVote.state.confState = { ...oneVote.state.confState, votersOutgoing: [4, 5, 6] };
    oneVote.apply({ type: 'digest', generation: 1, replica: 3, digest: digestA });
    expect(verdict(oneVote, retire(oneVote)), 'one of three of the old half').toBe('notAgreed');
    oneVote.apply({ type: 'digest', generation: 1, replica: 5, digest: digestA });
    expect(verdict(oneVote, retire(oneVote))).toBe('done');
  });

  it('waits for the read-back, and for the holders that the redundancy asks for', () => {
    const unread = without((step) => step.type === 'readback');
    expect(verdict(unread, retire(unread))).toBe('notRead');
    const oneHolder = without((step) => step.type === 'holdings' && step.node === 'n2');
    expect(verdict(oneHolder, retire(oneHolder))).toBe('tooFewHolders');
    const report: Holdings = { type: 'holdings', node: 'gone', holds: ['chunk-1'], drops: [], placement };
    oneHolder.apply(report);
    expect(verdict(oneHolder, retire(oneHolder)), 'a holder that is OUT').toBe('tooFewHolders');
    oneHolder.apply({
      type: 'redistribute',
      generation: 1,
      object: 'chunk-1',
      placement: { ringEpoch: 2, nodes: ['n1'], redundancy: 2 },
    });
    expect(verdict(oneHolder, retire(oneHolder)), 'the ring offers one node').toBe('done');
  });

  it('is refused against another chunk set, for another object, and before an older generation', () => {
    const shard = without(() => false);
    expect(verdict(shard, { ...retire(shard), chunkSetVersion: 7 } as Command)).toBe('moved');
    expect(verdict(shard, retire(shard, 'chunk-9'))).toBe('otherObject');
    shard.apply(createLink('later'));
    shard.seal();
    for (const step of exportSteps(2, chunkObject('chunk-2'))) shard.apply(step);
    expect(verdict(shard, { type: 'retire', generation: 2, object: 'chunk-2', chunkSetVersion: 0 })).toBe('notOldest');
  });
});

describe('CL-I5: after RETIRE', () => {
  it('the chunk is in the set, V has risen, and the rows of the generation are gone', () => {
    const shard = sealedShard();
    shard.apply(createLink('three'));
    expect(retireOldest(shard)).toEqual({ kind: 'lifecycle', verdict: 'done' });
    expect(shard.state).toMatchObject({ chunkSetVersion: 1, retiredVersion: 1, generations: [{ id: 2 }] });
    expect(rowsOfGeneration(shard, 1)).toEqual([]);
    expect(rowsOfGeneration(shard, 2)).not.toEqual([]);
    expect(record(shard)).toBeUndefined();
    expect(chunk(shard, 'chunk-1')).toMatchObject({
      firstGeneration: 1,
      lastGeneration: 1,
      level: 0,
      addedVersion: 1,
      holders: ['n1', 'n2'],
    });
    expect(verdict(shard, retire(shard)), 'again').toBe('late');
  });

  it('a holder may drop its copy only while enough others remain', () => {
    const shard = sealedShard();
    retireOldest(shard);
    const drop = (node: string): Command => ({ type: 'holdings', node, holds: [], drops: ['chunk-1'], placement });
    expect(shard.apply(drop('n1'))).toEqual({ kind: 'holdings', kept: ['chunk-1'] });
    shard.apply({ type: 'holdings', node: 'n3', holds: ['chunk-1'], drops: [], placement });
    expect(shard.apply(drop('n1'))).toEqual({ kind: 'holdings', kept: [] });
    expect(chunk(shard, 'chunk-1')?.holders).toEqual(['n2', 'n3']);
    expect(shard.apply(drop('n2'))).toEqual({ kind: 'holdings', kept: ['chunk-1'] });
    const unknown: Command = { type: 'holdings', node: 'n1', holds: [], drops: ['never-heard-of'], placement };
    expect(shard.apply(unknown)).toEqual({ kind: 'holdings', kept: [] });
  });
});

describe('CL-I7: what the leader saw in the cold tier', () => {
  const cold = (version: number, prior?: Uint8Array) => ({ version, prior });

  it('is not needed while there are no chunks, and asked for as soon as there are', () => {
    const shard = sealedShard();
    expect(shard.apply(createLink('x')).kind).toBe('link');
    retireOldest(shard);
    expect(shard.apply(createLink('y')).kind).toBe('lookAgain');
    expect(shard.apply(createLink('x')), 'found in the hot tier').toMatchObject({ kind: 'taken' });
    expect(shard.apply(createLink('y', { cold: cold(1) })).kind).toBe('link');
  });

  it('does not give a code away that was written, sealed and retired between the look and the entry', () => {
    const shard = sealedShard();
    retireOldest(shard);
    const look = cold(shard.state.chunkSetVersion);
    shard.apply(createLink('late', { cold: look }));
    shard.seal();
    retireOldest(shard);
    expect(shard.apply(createLink('late', { url: 'https://other/', cold: look })).kind).toBe('lookAgain');
  });

  it('keeps a deleted code dead for ever: create, delete, seal, retire, create', () => {
    const shard = new TestShard();
    shard.state.confState = { ...shard.state.confState, voters: [1, 2, 3] };
    shard.applyAll(createLink('dead'), deleteLink('dead'));
    shard.seal();
    const row = rowsOfGeneration(shard, 1).find(({ key }) => key[0] === namespaces.link);
    retireOldest(shard);
    expect(shard.apply(createLink('dead', { cold: cold(1, row?.value) }))).toEqual({ kind: 'taken', dead: true });
  });

  it('is the prior row of an update, a delete and a condition', () => {
    const shard = sealedShard();
    const rows = rowsOfGeneration(shard, 1).filter(({ key }) => key[0] === namespaces.link);
    retireOldest(shard);
    const deleted = shard.apply(deleteLink('one', { ifRevision: 1, cold: cold(1, rows[0]?.value) }));
    expect(deleted).toEqual({ kind: 'deleted', revision: 3 });
    expect(shard.apply(deleteLink('two', { ifRevision: 9, cold: cold(1, rows[1]?.value) }))).toEqual({
      kind: 'revisionMismatch',
      actual: 2,
    });
    const again = shard.apply(createLink('one', { reuseDeadCodes: true }));
    expect(linkOf(again)).toMatchObject({ revision: 4, createRevision: 4 });
  });
});

describe('the lifecycle as nodes read it', () => {
  const lifecycle = (shard: TestShard, knownVersion: number) => {
    const result = shard.read({ type: 'lifecycle', knownVersion });
    if (result.kind !== 'lifecycle') throw new Error(`a ${result.kind}`);
    expect(decodeReadResult(encodeReadResult(result))).toEqual(result);
    return result.view;
  };

  it('has every record, and leaves them out for who has them already', () => {
    const shard = sealedShard();
    const sealed = lifecycle(shard, 0);
    expect(sealed).toMatchObject({ lifecycleVersion: 1, chunkSetVersion: 0, voters: [1, 2, 3], timeMs: 1000 });
    expect(sealed.generations.map(({ id, state }) => `${id} ${state}`)).toEqual(['2 active', '1 sealed']);
    expect(sealed.records?.generations.map(({ id }) => id)).toEqual([1]);
    shard.apply(createLink('more'));
    expect(lifecycle(shard, 1)).toMatchObject({ lifecycleVersion: 1, records: undefined });
    shard.apply({ type: 'readback', generation: 1, object: 'none', digest: undefined });
    expect(lifecycle(shard, 1).lifecycleVersion, 'a step without an effect').toBe(1);
    for (const step of exportSteps(1, chunkObject('chunk-0')).slice(0, 3)) shard.apply(step);
    shard.apply({ type: 'readback', generation: 1, object: 'chunk-0', digest: digestB });
    retireOldest(shard);
    const retired = lifecycle(shard, 1).records;
    expect(retired?.generations).toEqual([]);
    expect(retired?.chunks.map(({ object }) => object.name)).toEqual(['chunk-1']);
    expect(retired?.garbage.map(({ name }) => name)).toEqual(['chunk-0']);
  });
});
