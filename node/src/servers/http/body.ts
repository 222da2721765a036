// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage } from 'node:http';
import { ServiceError } from '@shortlink/common/errors.ts';
import { limits } from '@shortlink/common/limits.ts';
import { HttpError } from './problem.ts';

const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * The JSON body of a request.
 * @throws ServiceError malformed or tooLarge, HttpError unsupportedMediaType
 */
export async function readJson(message: IncomingMessage): Promise<unknown> {
  const type = message.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json') throw new HttpError('unsupportedMediaType', 'send application/json');
  const bytes = await readBytes(message);
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch {
    throw new ServiceError('malformed', 'the body is not JSON in UTF-8');
  }
}

async function readBytes(message: IncomingMessage): Promise<Uint8Array> {
  const tooLarge = () => new ServiceError('tooLarge', `a body has at most ${limits.httpBodyMaxBytes} bytes`);
  if (Number(message.headers['content-length'] ?? 0) > limits.httpBodyMaxBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let length = 0;
  return new Promise((resolve, reject) => {
    message.on('data', (chunk: Buffer) => {
      length += chunk.length;
      // Not destroyed here: the answer must still go out on this connection.
      if (length > limits.httpBodyMaxBytes) {
        message.pause();
        message.removeAllListeners('data');
        reject(tooLarge());
      } else {
        chunks.push(chunk);
      }
    });
    message.on('end', () => resolve(Buffer.concat(chunks)));
    message.on('error', () => reject(new ServiceError('malformed', 'the body ended early')));
  });
}
