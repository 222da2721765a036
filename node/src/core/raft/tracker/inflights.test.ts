// SPDX-License-Identifier: Apache-2.0

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noLimit } from '../types.ts';
import { Inflights } from './inflights.ts';

describe('the window of unacknowledged appends', () => {
  it('is full at its number of messages', () => {
    const window = new Inflights(2, noLimit);
    window.add(1, 10);
    expect(window.full()).toBe(false);
    window.add(2, 10);
    expect(window.full()).toBe(true);
    expect(() => window.add(3, 10)).toThrow('full window');
  });

  it('is full at its number of bytes, which one message may exceed', () => {
    const window = new Inflights(10, 100);
    window.add(1, 99);
    expect(window.full()).toBe(false);
    window.add(2, 500);
    expect(window.full()).toBe(true);
    window.freeUpTo(1);
    expect(window.full()).toBe(true);
    window.freeUpTo(2);
    expect(window.bytes).toBe(0);
  });

  it('behaves like a list from which acknowledged messages are dropped', () => {
    const operations = fc.array(fc.oneof(fc.record({ add: fc.nat(100) }), fc.record({ free: fc.nat(3) })), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(operations, fc.integer({ min: 1, max: 9 }), (steps, maxMsgs) => {
        const window = new Inflights(maxMsgs, noLimit);
        let model: { index: number; bytes: number }[] = [];
        let index = 0;
        for (const step of steps) {
          if ('free' in step) {
            const upTo = (model[0]?.index ?? 0) + step.free;
            window.freeUpTo(upTo);
            model = model.filter((message) => message.index > upTo);
          } else if (!window.full()) {
            index += 1 + (step.add % 3);
            window.add(index, step.add);
            model.push({ index, bytes: step.add });
          }
          expect(window.count).toBe(model.length);
          expect(window.bytes).toBe(model.reduce((sum, message) => sum + message.bytes, 0));
          expect(window.full()).toBe(model.length === maxMsgs);
        }
      }),
    );
  });
});
