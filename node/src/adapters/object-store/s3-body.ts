// SPDX-License-Identifier: Apache-2.0
import { Readable } from 'node:stream';
import type { GetObjectCommandOutput } from '@aws-sdk/client-s3';
import { ObjectStoreError } from '../../ports/object-store.ts';

/**
 * Reads the body of an answer whose length `accept` takes; when it throws, or the body ends early or late, the rest is not
 * read and its connection not used again.
 */
export async function readBody(answer: GetObjectCommandOutput, accept: (size: number) => void): Promise<Uint8Array> {
  const { Body, ContentLength } = answer;
  if (!(Body instanceof Readable)) throw new ObjectStoreError('unavailable', 'an answer without a body');
  try {
    // Without it a body that was cut off looks like a whole one.
    if (ContentLength === undefined)
      throw new ObjectStoreError('unavailable', 'an answer without the length of its body');
    accept(ContentLength);
    return await readExactly(Body, ContentLength);
  } finally {
    Body.destroy();
  }
}

async function readExactly(body: Readable, size: number): Promise<Uint8Array> {
  const out = new Uint8Array(size);
  let done = 0;
  for await (const chunk of body) {
    const bytes: Uint8Array = chunk;
    if (done + bytes.length <= size) out.set(bytes, done);
    done += bytes.length;
  }
  if (done === size) return out;
  throw new ObjectStoreError('unavailable', `the body has ${done} bytes instead of ${size}: the connection broke`);
}
