// SPDX-License-Identifier: Apache-2.0
import { KubeError } from '../../ports/kube-api.ts';

/** A whole body as text; more than `maxBytes` is an error. */
export async function readText(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge(`the answer has more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size).toString('utf8');
}

const newline = 0x0a;

/** Lines that end in a newline, without it; one of more than `maxBytes`, or one without an end, is an error. */
export async function* readLines(body: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<string> {
  let parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    let from = 0;
    for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, from)) {
      const line = Buffer.concat([...parts, chunk.subarray(from, at)]);
      from = at + 1;
      parts = [];
      size = 0;
      if (line.length > maxBytes) throw tooLarge(`an event has more than ${maxBytes} bytes`);
      if (line.length > 0) yield line.toString('utf8');
    }
    parts.push(chunk.subarray(from));
    size += chunk.length - from;
    if (size > maxBytes) throw tooLarge(`an event has more than ${maxBytes} bytes`);
  }
  if (size > 0) throw new KubeError('the watch ended in the middle of an event', { status: 0, reason: 'Truncated' });
}

function tooLarge(message: string): KubeError {
  return new KubeError(message, { status: 0, reason: 'TooLarge' });
}

/** Lines of a text that may end without a newline; a line of more than `maxBytes` comes in pieces. */
export async function* readTextLines(body: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<string> {
  let rest = Buffer.alloc(0);
  for await (const chunk of body) {
    rest = Buffer.concat([rest, chunk]);
    let from = 0;
    for (let at = rest.indexOf(newline); at >= 0; at = rest.indexOf(newline, from)) {
      yield rest.toString('utf8', from, at);
      from = at + 1;
    }
    rest = rest.subarray(from);
    for (; rest.length > maxBytes; rest = rest.subarray(maxBytes)) yield rest.toString('utf8', 0, maxBytes);
  }
  if (rest.length > 0) yield rest.toString('utf8');
}
