// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { interleave, median } from './rounds.ts';

describe('rounds', () => {
  test('alternate the contenders and turn their order round', async () => {
    const order: string[] = [];
    const contender = (name: string) => async () => {
      order.push(name);
      return `${name}${order.length}`;
    };
    const results = await interleave([contender('a'), contender('b')], 3);
    expect(order.join('')).toBe('abbaab');
    expect(results).toEqual([
      ['a1', 'a4', 'a5'],
      ['b2', 'b3', 'b6'],
    ]);
  });

  test('have the middle value as their median', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([4, 1, 10, 2])).toBe(3);
    expect(median([7])).toBe(7);
  });
});
