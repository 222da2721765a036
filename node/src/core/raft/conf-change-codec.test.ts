// SPDX-License-Identifier: Apache-2.0

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { confChangeV1, confChangeV2, jointMode, leaveJointChange, leavesJoint } from './conf-change.ts';
import type { ConfChange, ConfChangeTransition, ConfChangeType, ConfChangeV2 } from './conf-change.ts';
import {
  decodeConfChange,
  decodeConfChangeEntry,
  decodeConfChangeV2,
  encodeConfChange,
  encodeConfChangeEntry,
  encodeConfChangeV2,
} from './conf-change-codec.ts';

const types: readonly ConfChangeType[] = ['addNode', 'removeNode', 'updateNode', 'addLearnerNode'];
const transitions: readonly ConfChangeTransition[] = ['auto', 'jointImplicit', 'jointExplicit'];
const bytes = fc.uint8Array({ maxLength: 200 });
const single = fc.record({ type: fc.constantFrom(...types), nodeId: fc.maxSafeNat() });
const changeV1: fc.Arbitrary<ConfChange> = fc.record({
  id: fc.maxSafeNat(),
  type: fc.constantFrom(...types),
  nodeId: fc.maxSafeNat(),
  context: bytes,
});
const changeV2: fc.Arbitrary<ConfChangeV2> = fc.record({
  transition: fc.constantFrom(...transitions),
  changes: fc.array(single, { maxLength: 8 }),
  context: bytes,
});

describe('the wire format of configuration changes', () => {
  it('is that of raftpb.ConfChange', () => {
    const change = { ...confChangeV1('addLearnerNode', 300, Uint8Array.of(0xaa)), id: 7 };
    expect([...encodeConfChange(change)]).toEqual([0x08, 7, 0x10, 3, 0x18, 0xac, 0x02, 0x22, 1, 0xaa]);
  });

  it('is that of raftpb.ConfChangeV2', () => {
    const change = confChangeV2([{ type: 'removeNode', nodeId: 3 }], { transition: 'jointExplicit' });
    expect([...encodeConfChangeV2(change)]).toEqual([0x08, 2, 0x12, 4, 0x08, 1, 0x10, 3]);
  });

  it('gives back what was encoded', () => {
    fc.assert(
      fc.property(changeV1, changeV2, (v1, v2) => {
        expect(decodeConfChange(encodeConfChange(v1))).toEqual(v1);
        expect(decodeConfChangeV2(encodeConfChangeV2(v2))).toEqual(v2);
      }),
    );
  });

  it('names every input that it cannot read instead of failing', () => {
    const decoded = (data: Uint8Array): unknown[] => [decodeConfChange(data), decodeConfChangeV2(data)];
    fc.assert(fc.property(bytes, (data) => decoded(data).every((change) => change !== undefined)));
    expect(decoded(Uint8Array.of(0x08))).toEqual(['malformed', 'malformed']);
    expect(decodeConfChange(Uint8Array.of(0x10, 9))).toBe('malformed');
    expect(decodeConfChangeV2(Uint8Array.of(0x1a, 5, 1))).toBe('malformed');
  });

  it('reads empty data as the change that leaves a joint configuration', () => {
    const change = decodeConfChangeV2(new Uint8Array(0));
    expect(change).toEqual(leaveJointChange);
    expect(leavesJoint(leaveJointChange)).toBe(true);
  });

  it('marks entries with the form of the change', () => {
    expect(encodeConfChangeEntry(confChangeV1('addNode', 1)).type).toBe('confChange');
    expect(encodeConfChangeEntry(confChangeV2([])).type).toBe('confChangeV2');
    expect(decodeConfChangeEntry({ term: 1, index: 1, type: 'normal', data: new Uint8Array(3) })).toBeUndefined();
  });
});

describe('the way into a joint configuration', () => {
  const add = { type: 'addNode', nodeId: 1 } as const;

  it('is taken for several changes or on request, and left as requested', () => {
    expect(jointMode(confChangeV2([add]))).toBe('simple');
    expect(jointMode(confChangeV2([add, add]))).toBe('autoLeave');
    expect(jointMode(confChangeV2([add], { transition: 'jointImplicit' }))).toBe('autoLeave');
    expect(jointMode(confChangeV2([add, add], { transition: 'jointExplicit' }))).toBe('explicitLeave');
  });
});
