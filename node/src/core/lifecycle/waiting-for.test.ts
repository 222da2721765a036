// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chunkObject, digestB, exportSteps, placement } from '../statemachine/testing/lifecycle.ts';
import { createLink } from '../statemachine/testing/commands.ts';
import { TestShard } from '../statemachine/testing/test-shard.ts';
import type { LifecycleView } from './view.ts';
import { waitingFor } from './waiting-for.ts';

function shardOf(generations: number): TestShard {
  const shard = new TestShard();
  shard.state.confState = { ...shard.state.confState, voters: [1, 2, 3] };
  for (let i = 0; i < generations; i++) {
    shard.applyAll(createLink(`link-${i}`));
    shard.seal();
  }
  return shard;
}

function viewOf(shard: TestShard): LifecycleView {
  const result = shard.read({ type: 'lifecycle', knownVersion: 0 });
  return result.kind === 'lifecycle' ? result.view : expect.fail('no view');
}

/** Of one generation, as `votes 2`. */
function waits(shard: TestShard, generation = 1): string[] {
  const view = viewOf(shard);
  const record = view.records?.generations.find(({ id }) => id === generation) ?? expect.fail('no record');
  const older = view.generations.filter(({ id }) => id < generation).length;
  return waitingFor(record, { ...view, older }).map(({ step, missing }) => `${step} ${missing}`);
}

const object = chunkObject('chunk-1');

test('says step by step what is missing', () => {
  const shard = shardOf(1);
  const [vote1, vote2, exported, readback, redistribute, holding1, holding2] = exportSteps(1, object);
  const after = (step: typeof vote1): string[] => {
    shard.apply(step ?? expect.fail('no step'));
    return waits(shard);
  };
  expect(waits(shard)).toEqual(['votes 2', 'export 1']);
  expect(after(vote1)).toEqual(['votes 1', 'export 1']);
  expect(after(exported)).toEqual(['votes 1', 'readback 1']);
  expect(after(readback)).toEqual(['votes 1', 'placement 1']);
  expect(after(redistribute)).toEqual(['votes 1', 'holders 2']);
  expect(after(holding1)).toEqual(['votes 1', 'holders 1']);
  expect(after(vote2)).toEqual(['holders 1']);
  expect(after(holding2)).toEqual(['retire 1']);
});

test('counts votes for the digest of the object only, and in both halves of a joint configuration', () => {
  const shard = shardOf(1);
  shard.apply({ type: 'digest', generation: 1, replica: 1, digest: digestB });
  shard.apply({ type: 'digest', generation: 1, replica: 2, digest: digestB });
  expect(waits(shard)).toEqual(['export 1']);
  shard.apply({ type: 'exported', generation: 1, object, replaces: undefined });
  expect(waits(shard)).toEqual(['votes 2', 'readback 1']);
  shard.apply({ type: 'digest', generation: 1, replica: 2, digest: object.contentDigest });
  shard.state.confState = { ...shard.state.confState, votersOutgoing: [3, 4, 5] };
  expect(waits(shard)).toEqual(['votes 2', 'readback 1']);
});

test('a generation that has everything waits for the older ones', () => {
  const shard = shardOf(2);
  for (const step of exportSteps(2, object)) shard.apply(step);
  expect(waits(shard, 2)).toEqual(['older 1']);
});

test('nothing but RETIRE is missing exactly when RETIRE would be granted', () => {
  const steps = exportSteps(1, object, [1, 2, 3]);
  fc.assert(
    fc.property(fc.shuffledSubarray([...steps.keys()]), fc.integer({ min: 1, max: 3 }), (order, redundancy) => {
      const shard = shardOf(1);
      for (const i of order) {
        const step = steps[i] ?? expect.fail('no step');
        shard.apply('placement' in step ? { ...step, placement: { ...placement, redundancy } } : step);
      }
      const isReady = waits(shard).join(' ') === 'retire 1';
      const { chunkSetVersion } = shard.state;
      const verdict = shard.apply({ type: 'retire', generation: 1, object: object.name, chunkSetVersion });
      expect(verdict).toEqual({ kind: 'lifecycle', verdict: isReady ? 'done' : expect.not.stringMatching('done') });
    }),
    { examples: [[[...steps.keys()], 2]] },
  );
});
