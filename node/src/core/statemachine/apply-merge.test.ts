// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { decodeGarbageRecord } from '../lifecycle/records-codec.ts';
import type { Command } from './commands.ts';
import { namespaceRange, namespaces } from './keys.ts';
import { createLink, deleteLink, kvDelete, kvPut } from './testing/commands.ts';
import type { ClientCommand } from './testing/histories.ts';
import { placement, retireOldest } from './testing/lifecycle.ts';
import { beginMerge, mergeChunks, mergedBy, newestChunks, pendingMerge, replaceSteps } from './testing/merges.ts';
import { TestShard } from './testing/test-shard.ts';

/** Every batch of commands is a generation, and a chunk. */
function shardOf(...batches: readonly (readonly ClientCommand[])[]): TestShard {
  const shard = new TestShard();
  shard.state.confState = { ...shard.state.confState, voters: [1, 2, 3] };
  for (const batch of batches) addChunk(shard, ...batch);
  return shard;
}

function addChunk(shard: TestShard, ...commands: readonly ClientCommand[]): void {
  for (const command of commands) shard.apply(shard.looked(command));
  shard.seal();
  retireOldest(shard);
}

function garbage(shard: TestShard): string[] {
  return shard.memory
    .scan(namespaceRange(namespaces.garbage, shard.scope), { limit: 100 })
    .map(({ value }) => decodeGarbageRecord(value).name);
}

const names = (shard: TestShard): string[] =>
  shard.runs().flatMap(({ chunks }) => chunks.map(({ object }) => object.name));

function verdict(shard: TestShard, command: Command): unknown {
  const result = shard.apply(command);
  return result.kind === 'lifecycle' ? result.verdict : result.kind;
}

const threeLinks = (): TestShard => shardOf([createLink('a')], [createLink('b')], [createLink('c')]);

describe('CL-I11: REPLACE', () => {
  it('puts the outputs in the place of the inputs, raises V, and leaves the inputs to the collector', async () => {
    const shard = threeLinks();
    expect(await mergeChunks(shard, newestChunks(shard, 2), 2)).toEqual({ kind: 'lifecycle', verdict: 'done' });
    const merge = shard.runs()[0];
    expect(merge).toMatchObject({ firstGeneration: 2, lastGeneration: 3 });
    expect(merge?.chunks).toHaveLength(2);
    expect(merge?.chunks[0]).toMatchObject({ level: 1, addedVersion: 4, holders: ['n1', 'n3'] });
    expect(names(shard)).toContain('chunk-1');
    expect(garbage(shard)).toEqual(['chunk-2', 'chunk-3']);
    expect(pendingMerge(shard)).toBeUndefined();
    for (const code of ['a', 'b', 'c']) expect(shard.read({ type: 'link', code })).toMatchObject({ kind: 'link' });
  });

  it('does not move what leaders saw in the cold tier: rows lie elsewhere, and are the same', async () => {
    const shard = threeLinks();
    const looked = shard.looked(createLink('a'));
    const absent = shard.looked(createLink('d'));
    const { retiredVersion } = shard.state;
    await mergeChunks(shard, newestChunks(shard, 3));
    expect(shard.state).toMatchObject({ chunkSetVersion: 4, retiredVersion });
    expect(shard.apply(looked)).toMatchObject({ kind: 'taken' });
    expect(shard.apply(absent)).toMatchObject({ kind: 'link' });
  });

  it('waits for copies of every output, and for another node', async () => {
    const shard = threeLinks();
    beginMerge(shard, newestChunks(shard, 3));
    const merged = await mergedBy(shard, 1);
    const replace: Command = { type: 'replace', merge: merged.merge, node: 'n2', placement };
    expect(verdict(shard, replace)).toBe('early');
    expect(verdict(shard, merged)).toBe('done');
    expect(verdict(shard, { ...replace, node: 'n1' })).toBe('sameNode');
    expect(verdict(shard, replace)).toBe('tooFewHolders');
    const [first = '', ...rest] = merged.outputs.map(({ name }) => name);
    const holds = (node: string, held: readonly string[]): Command => ({
      type: 'holdings',
      node,
      holds: held,
      drops: [],
      placement,
    });
    for (const node of ['n1', 'n3']) shard.apply(holds(node, rest));
    expect(verdict(shard, replace), 'one output without copies').toBe('tooFewHolders');
    for (const node of ['n1', 'n3']) shard.apply(holds(node, [first]));
    const drop: Command = { type: 'holdings', node: 'n3', holds: [], drops: [first], placement };
    expect(shard.apply(drop), 'REPLACE counts on it').toEqual({ kind: 'holdings', kept: [first] });
    expect(verdict(shard, replace)).toBe('done');
    expect(shard.apply(drop), 'two copies are wanted').toEqual({ kind: 'holdings', kept: [first] });
  });
});

describe('CL-I2: every step of a merge', () => {
  it('does nothing when it comes early, late, twice or for another merge', async () => {
    const shard = threeLinks();
    expect(verdict(shard, { type: 'merged', merge: 5, outputs: [], dropped: { rows: 0, checksum: '00' } })).toBe(
      'late',
    );
    const inputs = newestChunks(shard, 2);
    const begin: Command = {
      type: 'merge',
      node: 'n1',
      inputs: inputs.map(({ object }) => object.name),
      chunkSetVersion: 3,
    };
    expect(verdict(shard, begin)).toBe('done');
    expect(verdict(shard, begin)).toBe('late');
    expect(verdict(shard, { ...begin, node: 'n2' })).toBe('busy');
    const merged = await mergedBy(shard, 10);
    const steps = [merged, ...replaceSteps(merged)];
    for (const step of steps) shard.apply(step);
    const hash = shard.state.stateHash;
    const version = shard.state.lifecycleVersion;
    for (const step of [begin, ...steps, { type: 'mergeAbandoned' as const, merge: merged.merge }]) {
      const result = shard.apply(step);
      if (result.kind === 'lifecycle') expect(['late', 'moved']).toContain(result.verdict);
    }
    expect(shard.state.stateHash).toBe(hash);
    expect(shard.state.lifecycleVersion).toBe(version);
  });

  it('is over when the merge is abandoned: its outputs are garbage, and it never comes back', async () => {
    const shard = threeLinks();
    beginMerge(shard, newestChunks(shard, 2));
    const merged = await mergedBy(shard, 10);
    shard.apply(merged);
    const abandoned: Command = { type: 'mergeAbandoned', merge: merged.merge };
    expect(verdict(shard, { type: 'mergeAbandoned', merge: merged.merge + 1 })).toBe('late');
    expect(verdict(shard, abandoned)).toBe('done');
    expect(garbage(shard)).toEqual(merged.outputs.map(({ name }) => name));
    for (const step of [merged, ...replaceSteps(merged)]) shard.apply(step);
    expect(names(shard)).toEqual(['chunk-3', 'chunk-2', 'chunk-1']);
    expect(verdict(shard, abandoned)).toBe('late');
    expect(await mergeChunks(shard, newestChunks(shard, 2))).toEqual({ kind: 'lifecycle', verdict: 'done' });
  });

  it('goes on while generations are retired beside it, which join the set above its outputs', async () => {
    const shard = threeLinks();
    beginMerge(shard, newestChunks(shard, 3));
    addChunk(shard, deleteLink('a'), createLink('d'));
    const merged = await mergedBy(shard, 10);
    for (const step of [merged, ...replaceSteps(merged)]) shard.apply(step);
    expect(names(shard)).toEqual(['chunk-4', ...merged.outputs.map(({ name }) => name)]);
    expect(shard.read({ type: 'link', code: 'a' })).toMatchObject({ kind: 'gone' });
  });
});

describe('CL-I12: what merges drop', () => {
  it('is never the tombstone of a code: create, delete, merge to the bottom, create', async () => {
    const shard = shardOf([createLink('dead')], [deleteLink('dead')], [createLink('alive')]);
    await mergeChunks(shard, newestChunks(shard, 3));
    expect(shard.runs()).toHaveLength(1);
    const again = shard.apply(shard.looked(createLink('dead')));
    expect(again).toEqual({ kind: 'taken', dead: true });
  });

  it('is a tombstone of a key only when no older chunk can hold the key', async () => {
    const shard = shardOf([kvPut('k', '1'), kvPut('z', '1')], [kvDelete('k')], [kvPut('a', '1'), kvPut('l', '1')]);
    await mergeChunks(shard, newestChunks(shard, 2));
    const rows = (): number => newestChunks(shard, 1).reduce((sum, { object }) => sum + object.rows, 0);
    expect(rows(), 'chunk-1 may have it').toBe(3);
    expect(shard.read({ type: 'kvGet', key: Uint8Array.of(0x6b) })).toMatchObject({ row: undefined });
    await mergeChunks(shard, newestChunks(shard, 2));
    expect(rows()).toBe(3);
    expect(shard.read({ type: 'kvGet', key: Uint8Array.of(0x6b) })).toMatchObject({ row: undefined });
  });

  it('may be all there is', async () => {
    const shard = shardOf([kvPut('k', '1')], [kvDelete('k')]);
    expect(await mergeChunks(shard, newestChunks(shard, 2))).toEqual({ kind: 'lifecycle', verdict: 'done' });
    expect(shard.runs()).toEqual([]);
    expect(shard.apply(shard.looked(kvPut('k', '2')))).toMatchObject({ kind: 'kv', existed: false });
  });
});
