// SPDX-License-Identifier: Apache-2.0
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { Resolution } from '../../services/redirect.ts';
import { noMetrics } from '../../telemetry/sink.ts';
import { RedirectServer } from './redirect-server.ts';
import type { RedirectServerOptions } from './redirect-server.ts';

const nowMs = Date.UTC(2030, 0, 1);
const url = 'https://example.org/a?b=c#d';
const known: Readonly<Record<string, Resolution>> = {
  a: { kind: 'found', url, expiresAtMs: undefined },
  soon: { kind: 'found', url, expiresAtMs: nowMs + 12_345 },
  now: { kind: 'found', url, expiresAtMs: nowMs + 999 },
  evil: { kind: 'found', url: 'https://example.org/\r\nSet-Cookie: a=b', expiresAtMs: undefined },
  dead: { kind: 'gone' },
  down: { kind: 'unavailable' },
};
const resolver = {
  groupOf: () => 0,
  resolve: async (codes: readonly string[]) => codes.map((code) => known[code] ?? ({ kind: 'notFound' } as const)),
};

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Started {
  readonly server: RedirectServer;
  readonly port: number;
  readonly open: () => Socket;
  readonly ask: (text: string) => Promise<string>;
}

async function start(options: Partial<RedirectServerOptions> = {}, wantedPort = 0): Promise<Started> {
  const server = new RedirectServer({
    resolver,
    clock: { nowMs: () => nowMs, monotonicMs: () => performance.now() },
    metrics: noMetrics,
    status: 302,
    maxAgeSeconds: 30,
    maxConnections: 100,
    onError: (error) => expect.fail(String(error)),
    ...options,
  });
  const { port } = await server.listen({ host: '127.0.0.1', port: wantedPort });
  closers.push(() => server.close());
  const open = () => {
    const socket = connect({ port, host: '127.0.0.1' });
    closers.push(() => void socket.destroy());
    return socket;
  };
  const ask = async (text: string) => {
    const socket = open();
    socket.end(text, 'latin1');
    return readAll(socket);
  };
  return { server, port, open, ask };
}

async function readAll(socket: Socket): Promise<string> {
  let out = '';
  for await (const chunk of socket) out += (chunk as Buffer).toString('latin1');
  return out;
}

/** Reads until `text` has come `times` times. */
async function readUntil(socket: Socket, text: string, times = 1): Promise<string> {
  let out = '';
  return new Promise((resolve, reject) => {
    socket.on('data', (chunk: Buffer) => {
      out += chunk.toString('latin1');
      if (out.split(text).length > times) resolve(out);
    });
    socket.on('close', () => reject(new Error(`closed after ${JSON.stringify(out)}`)));
  });
}

const get = (code: string, more = '') => `GET /${code} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;
const last = (code: string) => get(code, 'Connection: close\r\n');

describe('answers', () => {
  test('a redirect has its place, its age and no index', async () => {
    const { ask } = await start();
    expect(await ask(last('a'))).toBe(
      `HTTP/1.1 302 Found\r\nLocation: ${url}\r\nCache-Control: private, max-age=30\r\nX-Robots-Tag: noindex\r\n` +
        `Content-Length: 0\r\nDate: Tue, 01 Jan 2030 00:00:00 GMT\r\nConnection: close\r\n\r\n`,
    );
  });

  test.each([
    ['soon', 'private, max-age=12'],
    ['now', 'private, no-store'],
  ])('the age of %s never goes beyond the expiry', async (code, cache) => {
    const { ask } = await start();
    expect(await ask(last(code))).toContain(`\r\nCache-Control: ${cache}\r\n`);
  });

  test('max-age 0 is no-store, and the status is the configured one', async () => {
    const { ask } = await start({ maxAgeSeconds: 0, status: 308 });
    const answer = await ask(last('a'));
    expect(answer).toMatch(/^HTTP\/1\.1 308 Permanent Redirect\r\n/);
    expect(answer).toContain('Cache-Control: private, no-store\r\n');
  });

  test.each([
    ['none', 404],
    ['dead', 410],
    ['down', 503],
    ['evil', 404],
  ])('%s is answered with a page of status %i', async (code, status) => {
    const { ask } = await start();
    const answer = await ask(last(code));
    expect(answer.startsWith(`HTTP/1.1 ${status} `)).toBe(true);
    expect(answer).toContain('Cache-Control: no-store\r\nX-Robots-Tag: noindex\r\n');
    expect(answer).not.toContain('Set-Cookie');
    expect(answer.includes('Retry-After: 1\r\n')).toBe(status === 503);
    const body = answer.slice(answer.indexOf('\r\n\r\n') + 4);
    expect(answer).toContain(`Content-Length: ${body.length}\r\n`);
    expect(body).toContain(`<h1>${status} `);
  });

  test('HEAD gives the same head without a body', async () => {
    const { ask } = await start();
    for (const code of ['a', 'none']) {
      const [head] = (await ask(last(code))).split('\r\n\r\n');
      expect(await ask(last(code).replace('GET', 'HEAD'))).toBe(`${head ?? ''}\r\n\r\n`);
    }
  });

  test.each([
    ['POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx', 405],
    ['GET /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx', 413],
    [`GET /${'a'.repeat(9000)} HTTP/1.1\r\n\r\n`, 414],
    [`GET /a HTTP/1.1\r\nX: ${'a'.repeat(9000)}\r\n\r\n`, 431],
    ['nonsense\r\n\r\n', 400],
    ['GET /a HTTP/3.0\r\n\r\n', 505],
  ])('%j is refused and ends the connection', async (request, status) => {
    const { ask } = await start();
    const answer = await ask(`${get('a')}${request}${get('a')}`);
    expect(answer.match(/HTTP\/1\.1 (\d+)/g)).toEqual(['HTTP/1.1 302', `HTTP/1.1 ${status}`]);
    expect(answer.includes('Allow: GET, HEAD\r\n')).toBe(status === 405);
    expect(answer).toContain('Connection: close\r\n');
  });

  test('a defect of the resolver is reported and answered with 503', async () => {
    const errors: unknown[] = [];
    const broken = { groupOf: () => 0, resolve: async () => Promise.reject(new TypeError('broken')) };
    const { ask } = await start({ resolver: broken, onError: (error) => errors.push(error) });
    expect(await ask(last('a'))).toMatch(/^HTTP\/1\.1 503 /);
    expect(errors).toHaveLength(1);
  });
});

test('servers share an address where they are told to, and nowhere else', async () => {
  const first = await start({ sharesAddress: true });
  const second = await start({ sharesAddress: true }, first.port);
  expect(second.port).toBe(first.port);
  await first.server.close();
  expect(await second.ask(last('a'))).toContain('HTTP/1.1 302 Found');
  const alone = await start();
  await expect(start({}, alone.port)).rejects.toThrow('somebody listens there already');
});

describe('connections', () => {
  test('one connection serves many requests, split at every byte', async () => {
    const { open } = await start();
    const socket = open();
    for (const byte of Buffer.from(get('a') + get('none') + get('dead'))) {
      socket.write(Buffer.of(byte));
      await new Promise(setImmediate);
    }
    const answers = await readUntil(socket, '</html>\n', 2);
    expect(answers.match(/HTTP\/1\.1 (\d+)/g)).toEqual(['HTTP/1.1 302', 'HTTP/1.1 404', 'HTTP/1.1 410']);
  });

  test('pipelined answers keep the order of their requests, also when later ones are ready first', async () => {
    const gate = Promise.withResolvers<void>();
    const slow = {
      groupOf: (code: string) => (code === 'dead' ? 1 : 0),
      resolve: async (codes: readonly string[]) => {
        if (codes[0] === 'dead') await gate.promise;
        else setTimeout(() => gate.resolve(), 20);
        return resolver.resolve(codes);
      },
    };
    const { ask } = await start({ resolver: slow });
    const answers = await ask(get('dead') + get('a') + get('dead') + get('none'));
    expect(answers.match(/HTTP\/1\.1 (\d+)/g)).toEqual([
      'HTTP/1.1 410',
      'HTTP/1.1 302',
      'HTTP/1.1 410',
      'HTTP/1.1 404',
    ]);
  });

  test('10,000 pipelined requests of a client that reads slowly are all answered, in bounded memory', async () => {
    const { open } = await start();
    const socket = open();
    socket.pause();
    const codes = Array.from({ length: 10_000 }, (_, i) => (i % 3 === 0 ? 'none' : 'a'));
    socket.end(codes.map((code) => get(code)).join(''));
    await new Promise((resolve) => setTimeout(resolve, 100));
    const statuses = (await readAll(socket)).match(/HTTP\/1\.1 (\d+)/g) ?? [];
    expect(statuses).toEqual(codes.map((code) => (code === 'a' ? 'HTTP/1.1 302' : 'HTTP/1.1 404')));
  });

  test('the codes of one turn are asked for together', async () => {
    const batches: number[] = [];
    const counting = {
      groupOf: () => 0,
      resolve: async (codes: readonly string[]) => {
        batches.push(codes.length);
        await new Promise((resolve) => setTimeout(resolve, 5));
        return resolver.resolve(codes);
      },
    };
    const { ask } = await start({ resolver: counting });
    await Promise.all(Array.from({ length: 20 }, () => ask(get('a').repeat(10))));
    expect(batches.reduce((sum, count) => sum + count, 0)).toBe(200);
    expect(batches.length).toBeLessThan(40);
  });

  test('too many connections are turned away', async () => {
    const { open } = await start({ maxConnections: 1 });
    const first = open();
    first.write(get('a'));
    await readUntil(first, '\r\n\r\n');
    expect(await readAll(open())).toBe('');
  });

  test('a head that does not come is answered with 408, an idle connection is closed without a word', async () => {
    const limits = { headTimeoutMs: 10, idleTimeoutMs: 10 };
    const { open } = await start({ limits });
    const half = open();
    half.write('GET /a HT');
    const idle = open();
    const [halfAnswer, idleAnswer] = await Promise.all([readAll(half), readAll(idle)]);
    expect(halfAnswer).toMatch(/^HTTP\/1\.1 408 /);
    expect(idleAnswer).toBe('');
  });
});

describe('drain', () => {
  test('answers what was asked, then closes; new connections are refused', async () => {
    const gate = Promise.withResolvers<void>();
    const gated = {
      groupOf: () => 0,
      resolve: async (codes: readonly string[]) => {
        await gate.promise;
        return resolver.resolve(codes);
      },
    };
    const { server, open } = await start({ resolver: gated });
    const busy = open();
    const idle = open();
    busy.write(get('a'));
    await new Promise((resolve) => setTimeout(resolve, 20));
    const drained = server.drain();
    const refused = open();
    const failure = new Promise((resolve) => refused.on('error', resolve));
    expect(await readAll(idle)).toBe('');
    gate.resolve();
    expect(await readAll(busy)).toMatch(/^HTTP\/1\.1 302 /);
    await drained;
    expect(await failure).toMatchObject({ code: 'ECONNREFUSED' });
  });
});
