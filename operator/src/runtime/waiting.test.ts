// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { isSettledBefore } from './waiting.ts';

describe('waiting for what cannot be told to stop', () => {
  it('ends with it, or with the signal, whatever comes first', async () => {
    const stopping = new AbortController();
    expect(await isSettledBefore(stopping.signal, Promise.resolve())).toBe(true);
    await expect(isSettledBefore(stopping.signal, Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    const late = Promise.withResolvers<undefined>();
    const waiting = isSettledBefore(stopping.signal, late.promise);
    stopping.abort();
    expect(await waiting).toBe(false);
    // Nobody is left who would hear of it, and it must not end the process.
    late.reject(new Error('too late'));
    const later = Promise.withResolvers<undefined>();
    expect(await isSettledBefore(stopping.signal, later.promise)).toBe(false);
    later.reject(new Error('too late'));
    await Promise.resolve();
  });
});
