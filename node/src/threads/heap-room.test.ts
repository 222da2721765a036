// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { startWithHeapRoom } from './heap-room.ts';

const start = (): Worker => new Worker(new URL('testing/garbage-worker.ts', import.meta.url));

async function collections(worker: Worker): Promise<number> {
  const [count] = (await once(worker, 'message')) as [number];
  await worker.terminate();
  return count;
}

describe('a thread with room for garbage', () => {
  it('is not collected as a whole before the room is full, and threads after it are', async () => {
    const roomy = await collections(startWithHeapRoom(1024, start));
    const after = await collections(start());
    expect(roomy).toBe(0);
    expect(after).toBeGreaterThan(0);
  });
});
