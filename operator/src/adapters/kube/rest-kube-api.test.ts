// SPDX-License-Identifier: Apache-2.0
import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, describe, expect, test } from 'vitest';
import { KubeError } from '../../ports/kube-api.ts';
import { ManualClock, settle } from '../../runtime/testing/manual-clock.ts';
import { systemClock } from '../system-clock.ts';
import { connectKube } from './connect.ts';
import { RateLimiter } from './rate-limiter.ts';
import { json, startServer } from './testing/scripted-server.ts';
import type { Answer, ScriptedServer } from './testing/scripted-server.ts';

const never = new AbortController().signal;
const maps = { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
const clusters = { apiVersion: 'shortlink.dev/v1alpha1', kind: 'ShortLinkCluster', plural: 'slcs', namespaced: true };
const nodes = { apiVersion: 'v1', kind: 'Node', plural: 'nodes', namespaced: false };
const key = { namespace: 'ns', name: 'a' };
const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'ns' } };

let server: ScriptedServer;
afterEach(async () => server.close());

/** A server that answers every request with `object`, and an API on it. */
async function serve(answer: Answer = (_request, response) => json(response, 200, object)) {
  server = await startServer(answer);
  return server.api();
}

function lastRequest() {
  const request = server.received.at(-1);
  if (request === undefined) throw new Error('no request came');
  return { line: `${request.method} ${request.url.pathname}${request.url.search}`, ...request };
}

function status(code: number, reason: string, more: object = {}) {
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', message: `${reason} it is`, reason, code, ...more };
}

async function errorOf(run: Promise<unknown>): Promise<KubeError> {
  const error: unknown = await run.then(
    () => new Error('it succeeded'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof KubeError) return error;
  throw error;
}

describe('requests', () => {
  test('go to the paths that Kubernetes has', async () => {
    const api = await serve();
    await api.get(maps, key, never);
    expect(lastRequest().line).toBe('GET /api/v1/namespaces/ns/configmaps/a');
    await api.get(nodes, { namespace: undefined, name: 'n' }, never);
    expect(lastRequest().line).toBe('GET /api/v1/nodes/n');
    await api.get(clusters, { namespace: 'ns', name: 'a/b' }, never);
    expect(lastRequest().line).toBe('GET /apis/shortlink.dev/v1alpha1/namespaces/ns/slcs/a%2Fb');
  });

  test('carry credentials, and say who asks', async () => {
    const api = await serve();
    await api.get(maps, key, never);
    expect(lastRequest().headers).toMatchObject({
      authorization: 'Bearer secret',
      'user-agent': 'shortlink-operator/test',
      accept: 'application/json',
    });
  });

  test('create, replace and apply send the whole object', async () => {
    const api = await serve();
    expect(await api.create(maps, object, never)).toEqual(object);
    expect(lastRequest()).toMatchObject({
      line: 'POST /api/v1/namespaces/ns/configmaps',
      body: JSON.stringify(object),
    });
    await api.replace(maps, object, never);
    expect(lastRequest().line).toBe('PUT /api/v1/namespaces/ns/configmaps/a');
    await api.apply(maps, object, { fieldManager: 'm', force: true, dryRun: true, subresource: 'status' }, never);
    expect(lastRequest().line).toBe(
      'PATCH /api/v1/namespaces/ns/configmaps/a/status?fieldManager=m&force=true&dryRun=All',
    );
    expect(lastRequest().headers['content-type']).toBe('application/apply-patch+yaml');
  });

  test('a deletion carries its preconditions', async () => {
    const api = await serve();
    const options = { uid: 'u', resourceVersion: '7', gracePeriodSeconds: 5, propagation: 'Orphan' } as const;
    expect(await api.delete(maps, key, options, never)).toBe(true);
    expect(JSON.parse(lastRequest().body)).toEqual({
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      preconditions: { uid: 'u', resourceVersion: '7' },
      gracePeriodSeconds: 5,
      propagationPolicy: 'Orphan',
    });
    await api.delete(maps, key, {}, never);
    expect(JSON.parse(lastRequest().body)).toEqual({ apiVersion: 'v1', kind: 'DeleteOptions' });
  });

  test('an eviction goes to the pod, with its preconditions', async () => {
    const api = await serve();
    await api.evict({ namespace: 'ns', name: 'p' }, { uid: 'u' }, never);
    expect(lastRequest().line).toBe('POST /api/v1/namespaces/ns/pods/p/eviction');
    expect(JSON.parse(lastRequest().body)).toEqual({
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name: 'p', namespace: 'ns' },
      deleteOptions: { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid: 'u' } },
    });
  });

  test('connections are used again', async () => {
    const api = await serve();
    for (let i = 0; i < 5; i++) await api.get(maps, key, never);
    expect(await server.connections()).toBe(1);
  });
});

describe('lists', () => {
  test('come in pages, and their items know their kind', async () => {
    const item = { metadata: { name: 'a', namespace: 'ns' } };
    const api = await serve(({ url }, response) => {
      const isLast = url.searchParams.get('continue') === 'more';
      json(response, 200, {
        metadata: { resourceVersion: '9', continue: isLast ? '' : 'more' },
        items: isLast ? null : [item],
      });
    });
    const first = await api.list(maps, { namespace: 'ns', labelSelector: 'a=b', limit: 1 }, never);
    expect(lastRequest().line).toBe('GET /api/v1/namespaces/ns/configmaps?labelSelector=a%3Db&limit=1');
    expect(first).toEqual({ items: [object], resourceVersion: '9', continue: 'more' });
    const second = await api.list(maps, { continue: first.continue }, never);
    expect(lastRequest().line).toBe('GET /api/v1/configmaps?continue=more');
    expect(second).toEqual({ items: [], resourceVersion: '9', continue: undefined });
    await api.list(maps, { namespace: 'ns', name: 'a' }, never);
    expect(lastRequest().line).toBe('GET /api/v1/namespaces/ns/configmaps?fieldSelector=metadata.name%3Da');
  });

  test.each([
    ['without a version', { metadata: {}, items: [] }],
    ['without items', { metadata: { resourceVersion: '1' } }],
    ['with an item without a name', { metadata: { resourceVersion: '1' }, items: [{ metadata: {} }] }],
    ['that are no objects', []],
  ])('%s are refused', async (_title, body) => {
    const api = await serve((_request, response) => json(response, 200, body));
    expect(await errorOf(api.list(maps, {}, never))).toMatchObject({ status: 0, reason: 'Malformed' });
  });
});

describe('failures', () => {
  test('are what the Status says', async () => {
    const api = await serve((_request, response) => json(response, 409, status(409, 'Conflict')));
    const error = await errorOf(api.replace(maps, object, never));
    expect(error).toMatchObject({
      status: 409,
      reason: 'Conflict',
      message: 'Conflict it is',
      retryAfterMs: undefined,
    });
  });

  test('410 of a list is seen as such', async () => {
    const api = await serve((_request, response) => json(response, 410, status(410, 'Expired')));
    expect(await errorOf(api.list(maps, {}, never))).toMatchObject({ status: 410, reason: 'Expired' });
  });

  test('429 says when to come again, in its header or in its details', async () => {
    const details = { retryAfterSeconds: 7 };
    const headers = [{ 'retry-after': '3' }, {}];
    const api = await serve((_request, response) => {
      json(response, 429, status(429, 'TooManyRequests', { details }), headers.shift());
    });
    expect(await errorOf(api.get(maps, key, never))).toMatchObject({ status: 429, retryAfterMs: 3000 });
    expect(await errorOf(api.get(maps, key, never))).toMatchObject({ status: 429, retryAfterMs: 7000 });
  });

  test('of proxies, in plain text, are errors with their status', async () => {
    const api = await serve((_request, response) => {
      response.writeHead(503, { 'content-type': 'text/plain' });
      response.end('upstream connect error');
    });
    expect(await errorOf(api.get(maps, key, never))).toMatchObject({ status: 503, message: 'upstream connect error' });
  });

  test('an object that is not there is none; a resource that the server does not know is an error', async () => {
    const answers: [number, object][] = [
      [404, status(404, 'NotFound', { details: { name: 'a', kind: 'configmaps' } })],
      [404, status(404, 'NotFound', { details: { name: 'a', kind: 'configmaps' } })],
      [404, status(404, 'NotFound', { details: {} })],
    ];
    const api = await serve((_request, response) => {
      const [code, body] = answers.shift() ?? [500, {}];
      json(response, code, body);
    });
    expect(await api.get(maps, key, never)).toBeUndefined();
    expect(await api.delete(maps, key, {}, never)).toBe(false);
    expect(await errorOf(api.get(maps, key, never))).toMatchObject({ status: 404 });
  });

  test('an answer that is no JSON is an error', async () => {
    const api = await serve((_request, response) => void response.end('{"metadata": {'));
    expect(await errorOf(api.get(maps, key, never))).toMatchObject({ status: 0, reason: 'Malformed' });
  });

  test('an answer that is cut off is an error', async () => {
    const api = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{}', () => response.destroy());
    });
    expect(await errorOf(api.get(maps, key, never))).toMatchObject({ status: 0, reason: 'ECONNRESET' });
  });

  test('a server that is not there is an error', async () => {
    const api = await serve();
    await server.close();
    expect(await errorOf(api.get(maps, key, never))).toMatchObject({ status: 0, reason: 'ECONNREFUSED' });
    expect(server.metrics.value(`rest_client_requests_total{<error>,GET,${new URL(server.url).host}}`)).toBe(1);
    server = await startServer((_request, response) => void response.end());
  });

  test('headers that do not come are an error, and so is a body that does not end', async () => {
    const clock = new ManualClock();
    let came = Promise.withResolvers<void>();
    server = await startServer(({ url }, response) => {
      if (url.pathname.endsWith('/slow')) response.write('{');
      came.resolve();
    });
    const api = server.api({ clock });
    for (const name of ['silent', 'slow']) {
      came = Promise.withResolvers();
      const call = errorOf(api.get(maps, { namespace: 'ns', name }, never));
      await came.promise;
      await clock.advance(30_000);
      expect(await call).toMatchObject({ status: 0, reason: 'Timeout' });
      expect(clock.timers).toBe(0);
    }
  });

  test('a call that is cut off throws the reason of its signal', async () => {
    const stopping = new AbortController();
    const api = await serve(() => stopping.abort(new Error('enough')));
    await expect(api.get(maps, key, stopping.signal)).rejects.toThrow('enough');
    await expect(api.get(maps, key, stopping.signal)).rejects.toThrow('enough');
    expect(server.received).toHaveLength(1);
  });
});

test('requests are counted by status, method and host', async () => {
  const codes = [200, 409, 200];
  const api = await serve((_request, response) => json(response, codes.shift() ?? 500, object));
  await api.get(maps, key, never);
  await errorOf(api.get(maps, key, never));
  await api.get(maps, key, never);
  const { host } = new URL(server.url);
  expect(server.metrics.value(`rest_client_requests_total{200,GET,${host}}`)).toBe(2);
  expect(server.metrics.value(`rest_client_requests_total{409,GET,${host}}`)).toBe(1);
});

test('the rate of one client holds up no other client', async () => {
  server = await startServer((_request, response) => json(response, 200, object));
  const clock = new ManualClock();
  const limited = server.api({ limiter: new RateLimiter(clock, { perSecond: 1, burst: 1 }) });
  const free = server.api();
  await limited.get(maps, key, never);
  const stopping = new AbortController();
  const waiting = [limited.get(maps, key, never), errorText(limited.get(maps, key, stopping.signal))] as const;
  await settle();
  await free.get(maps, key, never);
  expect(server.received).toHaveLength(2);
  stopping.abort(new Error('enough'));
  expect(await waiting[1]).toBe('enough');
  await clock.advance(1000);
  await waiting[0];
  expect(server.received).toHaveLength(3);
  expect(clock.timers).toBe(0);
});

async function errorText(run: Promise<unknown>): Promise<string> {
  return run.then(
    () => 'it succeeded',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

test('one connects with a kubeconfig, and the lease has connections of its own', async () => {
  server = await startServer((_request, response) => json(response, 200, object));
  const config = new KubeConfig();
  config.loadFromString(`
apiVersion: v1
kind: Config
current-context: here
clusters: [{name: c, cluster: {server: '${server.url}', insecure-skip-tls-verify: true}}]
users: [{name: u, user: {token: secret}}]
contexts: [{name: here, context: {cluster: c, user: u, namespace: mine}}]
`);
  const kube = connectKube({ config, clock: systemClock, metrics: server.metrics, userAgent: 'test' });
  await kube.api.get(maps, key, never);
  await kube.leaseApi.get(maps, key, never);
  expect(await server.connections()).toBe(2);
  expect([kube.namespace, lastRequest().headers.authorization]).toEqual(['mine', 'Bearer secret']);
  kube.close();
});

describe('discovery', () => {
  const listing = (name: string, kind: string) => ({ kind: 'APIResourceList', resources: [{ name, kind }] });

  test('finds a kind in the list of its group', async () => {
    const api = await serve((_request, response) => json(response, 200, listing('slcs', 'ShortLinkCluster')));
    expect(await api.serves(clusters, never)).toBe(true);
    expect(lastRequest().line).toBe('GET /apis/shortlink.dev/v1alpha1');
    expect(await api.serves({ ...clusters, plural: 'others' }, never)).toBe(false);
  });

  test('takes a group that is not there for an answer, and nothing else', async () => {
    let answer = status(404, 'NotFound');
    const api = await serve((_request, response) => json(response, answer.code, answer));
    expect(await api.serves(clusters, never)).toBe(false);
    answer = status(403, 'Forbidden');
    expect((await errorOf(api.serves(clusters, never))).status).toBe(403);
  });
});
