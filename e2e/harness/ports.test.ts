// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { freeBasePort } from './ports.ts';

it('gives the next cluster of a process other ports, so that what is left of the one before cannot reach it', async () => {
  const bases = [await freeBasePort(3), await freeBasePort(3), await freeBasePort(3)];
  expect(new Set(bases).size).toBe(3);
});
