// SPDX-License-Identifier: Apache-2.0
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import type { WatchEvent } from '../../ports/kube-api.ts';
import { Informer } from '../../runtime/informer/informer.ts';
import { ManualClock } from '../../runtime/testing/manual-clock.ts';
import { RecordingLogger, RecordingMetrics } from '../../runtime/testing/recorders.ts';
import { systemClock } from '../system-clock.ts';
import { systemRandom } from '../system-random.ts';
import { readLines } from './read-body.ts';
import { json, startServer } from './testing/scripted-server.ts';
import type { ScriptedServer } from './testing/scripted-server.ts';

const never = new AbortController().signal;
const maps = { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
const options = { namespace: 'ns', labelSelector: 'a=b', resourceVersion: '5', timeoutSeconds: 300 };
const item = (name: string, resourceVersion: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'ns', uid: name, resourceVersion },
});
const line = (type: string, object: object) => `${JSON.stringify({ type, object })}\n`;

let server: ScriptedServer;
afterEach(async () => server.close());

interface WatchScript {
  readonly begin: (response: ServerResponse) => void;
  /** Once the client has seen an event. */
  readonly onEvent?: (response: ServerResponse) => void;
  readonly signal?: AbortSignal;
}

/** Serves one watch. @returns its events, and what it threw in the end. */
async function watch({ begin, onEvent, signal = never }: WatchScript) {
  const answers: ServerResponse[] = [];
  server = await startServer((_request, response) => {
    answers.push(response);
    response.writeHead(200, { 'content-type': 'application/json' });
    begin(response);
  });
  return collect(server.api().watch(maps, options, signal), () => {
    for (const response of answers) onEvent?.(response);
  });
}

async function collect(watching: AsyncIterable<WatchEvent>, onEvent: () => void = () => {}) {
  const seen: WatchEvent[] = [];
  try {
    for await (const event of watching) {
      seen.push(event);
      onEvent();
    }
  } catch (error) {
    return { seen, error };
  }
  return { seen, error: undefined };
}

test('events come as they are sent, however they are cut into chunks', async () => {
  const text = line('ADDED', item('ä', '6')) + line('BOOKMARK', { metadata: { resourceVersion: '8' } });
  const bytes = Buffer.from(text);
  const { seen, error } = await watch({
    begin: (response) => {
      const send = (at: number): void => {
        if (at >= bytes.length) response.end();
        else response.write(bytes.subarray(at, at + 7), () => setImmediate(() => send(at + 7)));
      };
      send(0);
    },
  });
  expect(error).toBeUndefined();
  expect(seen).toEqual([
    { type: 'ADDED', object: item('ä', '6') },
    { type: 'BOOKMARK', resourceVersion: '8' },
  ]);
  const [request] = server.received;
  expect(`${request?.url.pathname}${request?.url.search}`).toBe(
    '/api/v1/namespaces/ns/configmaps?watch=true&allowWatchBookmarks=true&labelSelector=a%3Db&resourceVersion=5&timeoutSeconds=300',
  );
});

test('a watch that the server refuses throws its Status', async () => {
  server = await startServer((_request, response) => {
    json(response, 410, { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' });
  });
  const { error } = await collect(server.api().watch(maps, options, never));
  expect(error).toMatchObject({ name: 'KubeError', status: 410, reason: 'Expired' });
});

test('an ERROR event throws the Status that it carries', async () => {
  const status = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version: 5 (100)' };
  const { seen, error } = await watch({
    begin: (response) => {
      response.write(line('ADDED', item('a', '6')));
      response.end(line('ERROR', status));
    },
  });
  expect(seen).toHaveLength(1);
  expect(error).toMatchObject({ name: 'KubeError', status: 410, reason: 'Expired' });
});

describe('what is not right is never taken for an end', () => {
  test('client-node 0.1(h): a line that is no JSON', async () => {
    const { seen, error } = await watch({
      begin: (response) => {
        response.write(line('ADDED', item('a', '6')));
        response.write('{"type": "MODIFIED", "object": \n');
        response.end(line('ADDED', item('b', '7')));
      },
    });
    expect(seen).toHaveLength(1);
    expect(error).toMatchObject({ name: 'KubeError', status: 0, reason: 'Malformed' });
  });

  test.each([
    ['an event of an unknown type', line('RENAMED', item('a', '6'))],
    ['an object without a name', line('ADDED', { metadata: {} })],
    ['a bookmark without a version', line('BOOKMARK', { metadata: {} })],
    ['a list', '[]\n'],
  ])('%s', async (_title, text) => {
    const { error } = await watch({ begin: (response) => response.end(text) });
    expect(error).toMatchObject({ name: 'KubeError', status: 0, reason: 'Malformed' });
  });

  test('an end in the middle of a line', async () => {
    const { error } = await watch({ begin: (response) => response.end(line('ADDED', item('a', '6')).slice(0, 20)) });
    expect(error).toMatchObject({ name: 'KubeError', status: 0, reason: 'Truncated' });
  });

  test('a reset in the middle', async () => {
    const { seen, error } = await watch({
      begin: (response) => response.write(line('ADDED', item('a', '6'))),
      onEvent: (response) => response.socket?.resetAndDestroy(),
    });
    expect(seen).toHaveLength(1);
    expect(error).toMatchObject({ name: 'KubeError', status: 0 });
  });

  test('a connection that closes before the last chunk', async () => {
    const { seen, error } = await watch({
      begin: (response) => response.write(line('ADDED', item('a', '6'))),
      onEvent: (response) => response.socket?.end(),
    });
    expect(seen).toHaveLength(1);
    expect(error).toMatchObject({ name: 'KubeError', status: 0 });
  });

  test('headers that do not come', async () => {
    const clock = new ManualClock();
    const came = Promise.withResolvers<void>();
    server = await startServer(() => came.resolve());
    const watching = collect(server.api({ clock }).watch(maps, options, never));
    await came.promise;
    await clock.advance(30_000);
    const { error } = await watching;
    expect(error).toMatchObject({ name: 'KubeError', status: 0, reason: 'Timeout' });
  });

  test('a line without end', async () => {
    const endless = async function* () {
      for (;;) yield Buffer.alloc(100, 'x');
    };
    server = await startServer(() => {});
    const lines = readLines(endless(), 1000);
    await expect(lines.next()).rejects.toMatchObject({ name: 'KubeError', reason: 'TooLarge' });
    const long = readLines(
      (async function* () {
        yield Buffer.from(`${'x'.repeat(2000)}\n`);
      })(),
      1000,
    );
    await expect(long.next()).rejects.toMatchObject({ name: 'KubeError', reason: 'TooLarge' });
  });
});

test('client-node #3020: the time-out of calls does not end a watch that is silent', async () => {
  const clock = new ManualClock();
  const answers: ServerResponse[] = [];
  server = await startServer((_request, response) => {
    answers.push(response);
    response.write(line('ADDED', item('a', '6')));
  });
  const watching = server.api({ clock }).watch(maps, options, never);
  expect((await watching.next()).value).toMatchObject({ type: 'ADDED' });
  await clock.advance(3_600_000);
  answers[0]?.end(line('MODIFIED', item('a', '7')));
  expect((await watching.next()).value).toMatchObject({ type: 'MODIFIED' });
  expect((await watching.next()).done).toBe(true);
  expect(clock.timers).toBe(0);
});

test('a watch that is cut off throws the reason, and its connection ends', async () => {
  const stopping = new AbortController();
  const closed = Promise.withResolvers<void>();
  const { error } = await watch({
    begin: (response) => {
      response.on('close', closed.resolve);
      response.write(line('ADDED', item('a', '6')));
    },
    onEvent: () => stopping.abort(new Error('enough')),
    signal: stopping.signal,
  });
  expect(error).toMatchObject({ message: 'enough' });
  await closed.promise;
});

test('client-node #494: a watch that nobody reads on ends its connection', async () => {
  const closed = Promise.withResolvers<void>();
  server = await startServer((_request, response) => {
    response.on('close', closed.resolve);
    response.write(line('ADDED', item('a', '6')) + line('ADDED', item('b', '7')));
  });
  for await (const event of server.api().watch(maps, options, never)) {
    expect(event.type).toBe('ADDED');
    break;
  }
  await closed.promise;
});

test('client-node #2385: an informer on a real connection survives a reset', async () => {
  const watches: ServerResponse[] = [];
  let opened = Promise.withResolvers<void>();
  server = await startServer(({ url }, response) => {
    if (url.searchParams.get('watch') === null) {
      json(response, 200, { metadata: { resourceVersion: '5' }, items: [] });
      return;
    }
    response.writeHead(200);
    response.flushHeaders();
    watches.push(response);
    opened.resolve();
  });
  const informer = new Informer({
    api: server.api(),
    resource: maps,
    scope: {},
    indexLabels: [],
    clock: systemClock,
    random: systemRandom,
    metrics: new RecordingMetrics(),
    logger: new RecordingLogger(),
  });
  const names: string[] = [];
  let seen = Promise.withResolvers<void>();
  informer.feed.addSink({
    keysOf: ({ metadata }) => [metadata.name],
    add: (name) => {
      names.push(name);
      seen.resolve();
    },
  });
  const stopping = new AbortController();
  const running = informer.run(stopping.signal);
  await opened.promise;
  opened = Promise.withResolvers();
  watches[0]?.write(line('ADDED', item('a', '6')));
  await seen.promise;
  seen = Promise.withResolvers();
  watches[0]?.socket?.resetAndDestroy();
  await opened.promise;
  expect(server.received.at(-1)?.url.searchParams.get('resourceVersion')).toBe('6');
  watches[1]?.write(line('ADDED', item('b', '7')));
  await seen.promise;
  expect(names).toEqual(['a', 'b']);
  stopping.abort(new Error('stopped'));
  await running;
});
