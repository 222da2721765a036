// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { ProposalPace } from './proposal-pace.ts';

it('lets a write that comes alone go at once', () => {
  const pace = new ProposalPace();
  expect(pace.dueInMs(100, 50)).toBe(0);
  pace.started(100, 1);
  expect(pace.dueInMs(100, 50)).toBe(0);
});

it('lets writes that come in company wait for more, unless there is enough', () => {
  const pace = new ProposalPace();
  pace.started(100, 10);
  expect(pace.dueInMs(101, 50)).toBe(4);
  expect(pace.dueInMs(101, 8 * 1024)).toBe(0);
  expect(pace.dueInMs(105, 50)).toBe(0);
  expect(pace.dueInMs(300, 50)).toBe(0);
  pace.started(300, 3);
  expect(pace.dueInMs(300, 50)).toBe(0);
});
