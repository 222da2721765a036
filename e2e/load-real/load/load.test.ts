// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { InputLink } from '../input/url-stream.ts';
import { createBatch } from './batch-client.ts';
import { LinkFileWriter, readLinkFile, type CreatedLink } from './link-file.ts';
import { loadLinks, withoutDetail } from './load-links.ts';
import { readBack } from './read-back.ts';
import { readAnswer } from './redirect-client.ts';

const servers: Server[] = [];
const folders: string[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

async function serve(
  handler: (request: IncomingMessage, body: string) => { status: number; location?: string; body?: unknown },
) {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { status, location, body } = handler(request, Buffer.concat(chunks).toString());
      const text = body === undefined ? '' : JSON.stringify(body);
      response.writeHead(status, {
        'content-length': Buffer.byteLength(text),
        ...(location === undefined ? {} : { location }),
      });
      response.end(text);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An API that takes every http URL, after `failures` answers of 503. */
async function fakeApi(failures: number) {
  const seen = { keys: new Set<string>(), requests: 0, links: new Map<string, string>() };
  const url = await serve((request, body) => {
    seen.requests++;
    seen.keys.add(String(request.headers['idempotency-key']));
    if (seen.requests <= failures) return { status: 503, body: { detail: 'busy' } };
    const { links } = JSON.parse(body) as { links: InputLink[] };
    const results = links.map((link) => {
      if (!link.url.startsWith('http')) return { status: 422, error: { detail: 'the URL has the scheme git' } };
      const code = `c${seen.links.size}`;
      seen.links.set(code, new URL(link.url).href);
      return { status: 201, link: { code, url: new URL(link.url).href } };
    });
    return { status: 200, body: { results } };
  });
  return { url, seen };
}

const input = (urls: readonly string[]): InputLink[] => urls.map((url) => ({ url, creatorId: 'me' }));

describe('a batch', () => {
  test('is sent again under the same idempotency key until it is done', async () => {
    const api = await fakeApi(2);
    const results = await createBatch(api.url, input(['https://example.com/a b', 'git://example.com/']));
    expect(results).toEqual([
      { kind: 'created', code: 'c0', url: 'https://example.com/a%20b' },
      { kind: 'refused', reason: 'the URL has the scheme git' },
    ]);
    expect(api.seen.requests).toBe(3);
    expect(api.seen.keys.size).toBe(1);
  });

  test('is not sent again when the API will never take it', async () => {
    let requests = 0;
    const url = await serve(() => {
      requests++;
      return { status: 400, body: { detail: 'malformed' } };
    });
    await expect(createBatch(url, input(['https://example.com/']))).rejects.toThrow('malformed');
    expect(requests).toBe(1);
  });

  test('counts refusals by what they have in common', () => {
    expect(withoutDetail('the URL leads to "x" (a:80)')).toBe(withoutDetail('the URL leads to "y" (b)'));
  });
});

describe('a load', () => {
  test('creates each link once, through every API, and writes down what must be read back', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'load-real-'));
    folders.push(folder);
    const apis = [await fakeApi(0), await fakeApi(1)];
    const urls = Array.from({ length: 4500 }, (_, i) =>
      i % 100 === 7 ? `git://example.com/${i}` : `https://example.com/${i}`,
    );
    const path = join(folder, 'links.txt');
    const writer = new LinkFileWriter(path);
    const plan = { apis: apis.map((api) => api.url), limit: 4200, onProgress: () => undefined };
    const result = await loadLinks(asStream(input(urls)), writer, plan);
    await writer.close();
    const refused = urls.slice(0, 4200).filter((url) => url.startsWith('git')).length;
    expect(result).toMatchObject({ created: 4200 - refused, altered: [] });
    expect([...result.refused.values()]).toEqual([refused]);
    const read: CreatedLink[] = [];
    for await (const link of readLinkFile(path)) read.push(link);
    expect(read).toHaveLength(result.created);
    expect(read.every(({ api, code, url }) => apis[api]?.seen.links.get(code) === url)).toBe(true);
    expect(new Set(read.map((link) => link.url)).size).toBe(read.length);
    expect(apis.every((api) => api.seen.links.size > 0)).toBe(true);
  });
});

describe('reading back', () => {
  test('compares every link through the listener that it is told, and tries again what fails for a while', async () => {
    const links = Array.from({ length: 2000 }, (_, i) => ({
      api: i % 2,
      code: `c${i}`,
      url: `https://example.com/${i}`,
    }));
    const paths: string[][] = [[], []];
    let busy = 3;
    const listener = (own: number) => (request: IncomingMessage) => {
      const path = request.url ?? '';
      if (busy-- > 0) return { status: 503 };
      paths[own]?.push(path);
      return { status: 302, location: `https://example.com/${path === '/c5' ? 'wrong' : path.slice(2)}` };
    };
    const redirects = [await serve(listener(0)), await serve(listener(1))];
    const plan = { redirects, listenerOf: (link: CreatedLink) => (link.api + 1) % 2, onProgress: () => undefined };
    const result = await readBack(asStream(links), plan);
    expect(result).toMatchObject({ read: 2000, wrongCount: 1, retries: 3 });
    expect(result.wrong).toEqual(['c5: 302 https://example.com/wrong, expected 302 https://example.com/5']);
    expect(paths.map((own) => own.length)).toEqual([1000, 1000]);
    expect(paths[0]).toContain('/c1');
  });

  test('takes answers apart wherever they are cut', () => {
    const bytes = Buffer.from(
      'HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n',
    );
    const first = readAnswer(bytes);
    expect(first?.answer).toEqual({ status: 404, location: undefined });
    for (let length = 0; length < (first?.bytes ?? 0); length++)
      expect(readAnswer(bytes.subarray(0, length))).toBeUndefined();
    expect(readAnswer(bytes.subarray(first?.bytes))?.answer).toEqual({ status: 302, location: '/x' });
  });
});

async function* asStream<T>(values: readonly T[]): AsyncGenerator<T> {
  yield* values;
}
