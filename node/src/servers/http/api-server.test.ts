// SPDX-License-Identifier: Apache-2.0
import { connect } from 'node:net';
import { ServiceError } from '@shortlink/common/errors.ts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { adminToken, startApi } from '../testing/api-fixture.ts';
import type { ApiFixture } from '../testing/api-fixture.ts';

const url = 'https://example.org/a';
let api: ApiFixture;

beforeEach(async () => {
  api = await startApi();
});
afterEach(async () => {
  await api.server.close();
});

const problem = (kind: string, status: number) => ({ type: `https://shortlink.dev/problems/${kind}`, status });

describe('links', () => {
  test('created, read, changed and deleted', async () => {
    const body = {
      url: 'HTTPS://example.org/a',
      code: 'Team/Page',
      expiresAt: '2031-01-01T02:00:00.5+01:00',
      creatorId: 'me',
    };
    const created = await api.ask('POST', '/api/v1/links', { body });
    const link = {
      code: 'Team/Page',
      url,
      creatorId: 'me',
      createdAt: '2030-01-01T00:00:00.000Z',
      updatedAt: '2030-01-01T00:00:00.000Z',
      expiresAt: '2031-01-01T01:00:00.500Z',
      disabled: false,
      revision: 1,
    };
    expect(created).toMatchObject({ status: 201, body: link });
    expect(created.headers.get('location')).toBe('/api/v1/links/Team/Page');
    expect(created.headers.get('etag')).toBe('"1"');
    for (const path of ['Team/Page', 'Team%2FPage', 'Team%2fP%61ge']) {
      expect(await api.ask('GET', `/api/v1/links/${path}`)).toMatchObject({ status: 200, body: link });
    }
    const changed = await api.ask('PATCH', '/api/v1/links/Team/Page', { body: { expiresAt: null, disabled: true } });
    expect(changed).toMatchObject({ status: 200, body: { url, expiresAt: null, disabled: true, revision: 2 } });
    expect(await api.ask('DELETE', '/api/v1/links/Team/Page')).toMatchObject({ status: 204, body: undefined });
    expect(await api.ask('GET', '/api/v1/links/Team/Page')).toMatchObject({ status: 410, body: problem('gone', 410) });
    expect(await api.ask('GET', '/api/v1/links/none')).toMatchObject({ status: 404, body: problem('not-found', 404) });
  });

  test('a thousand parallel creators of one code: one success', async () => {
    const answers = await Promise.all(
      Array.from({ length: 1000 }, (_, i) =>
        api.ask('POST', '/api/v1/links', { body: { url: `${url}/${i}`, code: 'one' } }),
      ),
    );
    const statuses = answers.map((answer) => answer.status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect(statuses.filter((status) => status === 409)).toHaveLength(999);
  });

  test('a batch answers each row in its place', async () => {
    await api.ask('POST', '/api/v1/links', { body: { url, code: 'taken' } });
    const links = [{ url, code: 'new' }, { url, code: 'taken' }, { url: 'nonsense' }, { url }];
    const { status, body } = await api.ask('POST', '/api/v1/links:batch', { body: { links } });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      results: [
        { status: 201, link: { code: 'new' } },
        { status: 409, error: problem('conflict', 409) },
        { status: 422, error: { ...problem('invalid', 422), field: 'url' } },
        { status: 201, link: { creatorId: 'anonymous' } },
      ],
    });
  });

  test('a list is read page by page', async () => {
    const links = Array.from({ length: 25 }, (_, i) => ({ url, code: `${'az'[i % 2] ?? ''}${i}`, creatorId: 'ä b' }));
    await api.ask('POST', '/api/v1/links:batch', { body: { links } });
    const codes: unknown[] = [];
    let cursor = '';
    do {
      const { status, body } = await api.ask('GET', `/api/v1/links?creatorId=%C3%A4+b&limit=10${cursor}`);
      expect(status).toBe(200);
      const page = body as { links: { code: string }[]; cursor: string | null };
      codes.push(...page.links.map((link) => link.code));
      cursor = page.cursor === null ? '' : `&cursor=${page.cursor}`;
    } while (cursor !== '');
    expect(codes.sort()).toEqual(links.map((link) => link.code).sort());
  });

  test('If-Match guards a change and a delete', async () => {
    await api.ask('POST', '/api/v1/links', { body: { url, code: 'c' } });
    const change = (etag: string) =>
      api.ask('PATCH', '/api/v1/links/c', { body: { disabled: true }, headers: { 'if-match': etag } });
    for (const etag of ['"7"', 'W/"1"', '1', '"1", "2"', '"x"']) {
      expect(await change(etag)).toMatchObject({ status: 412, body: problem('precondition-failed', 412) });
    }
    expect((await change('"1"')).headers.get('etag')).toBe('"2"');
    expect((await change('*')).status).toBe(200);
    expect((await api.ask('DELETE', '/api/v1/links/c', { headers: { 'if-match': '"1"' } })).status).toBe(412);
  });

  test('Idempotency-Key gives the first answer again and refuses another request', async () => {
    const headers = { 'idempotency-key': 'k' };
    const first = await api.ask('POST', '/api/v1/links', { body: { url }, headers });
    expect((await api.ask('POST', '/api/v1/links', { body: { url }, headers })).body).toEqual(first.body);
    const mine = { url, code: 'mine' };
    await api.ask('POST', '/api/v1/links', { body: mine, headers: { 'idempotency-key': 'm' } });
    const other = await api.ask('POST', '/api/v1/links', {
      body: { ...mine, url: `${url}2` },
      headers: { 'idempotency-key': 'm' },
    });
    expect(other).toMatchObject({ status: 422, body: problem('idempotency-mismatch', 422) });
  });

  test('X-Shortlink-Consistency chooses the read', async () => {
    await api.ask('POST', '/api/v1/links', { body: { url, code: 'c' } });
    await api.ask('GET', '/api/v1/links/c', { headers: { 'x-shortlink-consistency': 'stale' } });
    await api.ask('GET', '/api/v1/links/c');
    const reads = api.shards.calls.filter((call) => call.type === 'read');
    expect(reads.map((call) => call.options)).toEqual([
      { timeoutMs: 5000, consistency: 'stale' },
      { timeoutMs: 5000, consistency: 'linearizable' },
    ]);
    expect(
      (await api.ask('GET', '/api/v1/links/c', { headers: { 'x-shortlink-consistency': 'eventual' } })).status,
    ).toBe(422);
  });
});

describe('bad input', () => {
  test.each([
    [{}, 'url'],
    [{ url: 1 }, 'url'],
    [{ url, codes: 'x' }, 'codes'],
    [{ url, codeLength: '8' }, 'codeLength'],
    [{ url, codeLength: 3 }, 'codeLength'],
    [{ url, expiresAt: 'tomorrow' }, 'expiresAt'],
    [{ url, expiresAt: '2030-02-30T00:00:00Z' }, 'expiresAt'],
    [{ url, expiresAt: '2020-01-01T00:00:00Z' }, 'expiresAt'],
    [{ url: 'https://go.example.com/' }, 'url'],
    [[], undefined],
  ])('%j is 422 and names the field', async (body, field) => {
    const answer = await api.ask('POST', '/api/v1/links', { body });
    expect(answer).toMatchObject({
      status: 422,
      body: { ...problem('invalid', 422), ...(field === undefined ? {} : { field }) },
    });
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
  });

  test('__proto__ is an unknown field like any other', async () => {
    const answer = await api.ask('POST', '/api/v1/links', { body: `{"url":"${url}","__proto__":{"code":"x"}}` });
    expect(answer).toMatchObject({ status: 422, body: { field: '__proto__' } });
  });

  test('what is no JSON is 400, another type is 415, a large body is 413', async () => {
    expect((await api.ask('POST', '/api/v1/links', { body: '{"url":' })).body).toMatchObject(problem('malformed', 400));
    const asText = await api.ask('POST', '/api/v1/links', { body: '{}', headers: { 'content-type': 'text/plain' } });
    expect(asText.body).toMatchObject(problem('unsupported-media-type', 415));
    const large = await api.ask('POST', '/api/v1/links', { body: { url: 'a'.repeat(5_000_000) } });
    expect(large).toMatchObject({ status: 413, body: problem('too-large', 413) });
  });

  test('unknown paths, methods and parameters', async () => {
    expect((await api.ask('GET', '/api/v2/links')).body).toMatchObject(problem('no-such-resource', 404));
    const wrong = await api.ask('DELETE', '/api/v1/links');
    expect(wrong).toMatchObject({ status: 405, body: problem('method-not-allowed', 405) });
    expect(wrong.headers.get('allow')).toBe('POST, GET');
    expect((await api.ask('GET', '/api/v1/links/%zz')).status).toBe(400);
    for (const query of [
      '',
      '?creatorId=a&limit=0',
      '?creatorId=a&limit=x',
      '?creatorId=a&page=1',
      '?creatorId=a&creatorId=b',
    ]) {
      expect((await api.ask('GET', `/api/v1/links${query}`)).status, query).toBe(422);
    }
  });

  test('1,001 links in a batch are refused before they are looked at', async () => {
    const links = Array.from({ length: 1001 }, () => ({ url }));
    expect((await api.ask('POST', '/api/v1/links:batch', { body: { links } })).status).toBe(422);
    expect(api.shards.calls).toEqual([]);
  });
});

describe('failures', () => {
  test('no leader is 503 with Retry-After', async () => {
    api.shards.failures.set(1, new ServiceError('unavailable', 'the shard has no leader'));
    const answer = await api.ask('GET', '/api/v1/links/a');
    expect(answer).toMatchObject({ status: 503, body: { ...problem('unavailable', 503), retryable: true } });
    expect(answer.headers.get('retry-after')).toBe('1');
  });

  test('a shard that never answers is 503 after the deadline, not a hang', async () => {
    const impatient = await startApi({ timeoutMs: 1 });
    impatient.shards.gate = new Promise(() => {});
    expect((await impatient.ask('GET', '/api/v1/links/a')).body).toMatchObject(problem('timeout', 503));
    await impatient.server.close();
  });

  test('a defect is 500 without details, and is reported', async () => {
    api.shards.read = async () => Promise.reject(new TypeError('secret'));
    const answer = await api.ask('GET', '/api/v1/links/a');
    expect(answer.body).toMatchObject(problem('internal', 500));
    expect(JSON.stringify(answer.body)).not.toContain('secret');
    expect(api.errors).toHaveLength(1);
  });
});

describe('tokens', () => {
  test('without a valid token there is nothing but the description', async () => {
    for (const token of [undefined, 'wrong', '']) {
      const answer = await api.ask('GET', '/api/v1/links/a', { token });
      expect(answer.body).toMatchObject(problem('unauthenticated', 401));
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="shortlink"');
    }
    expect((await api.ask('GET', '/openapi.json', { token: undefined })).status).toBe(200);
    expect(api.shards.calls).toEqual([]);
  });

  test('administration wants the scope admin', async () => {
    const path = '/api/v1/admin/nodes/aaaaaaaaaaaaaaaa:remove';
    expect((await api.ask('POST', path)).body).toMatchObject(problem('forbidden', 403));
    expect((await api.ask('POST', path, { token: adminToken })).status).toBe(202);
    expect((await api.ask('POST', path.replace('remove', 'cancelRemove'), { token: adminToken })).status).toBe(202);
    const transfer = { token: adminToken, body: { toNodeId: 'aaaaaaaaaaaaaaaa' } };
    expect((await api.ask('POST', '/api/v1/admin/shards/2:transfer', transfer)).status).toBe(202);
    expect(api.shards.adminRequests).toEqual([
      { type: 'removeNode', nodeId: 'aaaaaaaaaaaaaaaa' },
      { type: 'cancelRemoveNode', nodeId: 'aaaaaaaaaaaaaaaa' },
      { type: 'transferLeadership', shard: 2, toNodeId: 'aaaaaaaaaaaaaaaa' },
    ]);
    const hold = { token: adminToken, body: { operatorEpoch: 7, durationMs: 60_000 } };
    expect((await api.ask('POST', path.replace('remove', 'hold'), hold)).status).toBe(202);
    expect(api.shards.adminRequests.at(-1)).toEqual({
      type: 'order',
      operatorEpoch: 7,
      order: { type: 'hold', nodeId: 'aaaaaaaaaaaaaaaa', durationMs: 60_000 },
    });
    const withoutEpoch = { token: adminToken, body: { durationMs: 60_000 } };
    expect((await api.ask('POST', path.replace('remove', 'hold'), withoutEpoch)).status).toBe(422);
    expect(await api.ask('POST', '/api/v1/admin/operator:takeEpoch', { token: adminToken })).toMatchObject({
      status: 200,
      body: { operatorEpoch: 8 },
    });
    expect((await api.ask('POST', '/api/v1/admin/nodes/x:remove', { token: adminToken })).status).toBe(422);
    api.shards.adminResponse = { type: 'refused', message: 'the last node stays' };
    expect(await api.ask('POST', path, { token: adminToken })).toMatchObject({
      status: 412,
      body: { detail: 'the last node stays' },
    });
    expect((await api.ask('GET', '/api/v1/links/a', { token: adminToken })).status).toBe(404);
  });
});

describe('drain', () => {
  test('finishes what was asked, closes kept connections and takes no new ones', async () => {
    const gate = Promise.withResolvers<void>();
    api.shards.gate = gate.promise;
    const port = Number(new URL(api.origin).port);
    const idle = connect(port, '127.0.0.1');
    const idleClosed = new Promise((resolve) => idle.on('close', resolve));
    idle.resume();
    const pending = api.ask('GET', '/api/v1/links/a');
    await expect.poll(() => api.shards.calls.length).toBe(1);
    const drained = api.server.drain();
    gate.resolve();
    const answer = await pending;
    expect(answer.status).toBe(404);
    expect(answer.headers.get('connection')).toBe('close');
    idle.destroy();
    await Promise.all([drained, idleClosed]);
    await expect(fetch(api.origin)).rejects.toThrow('fetch failed');
  });

  test('connections are kept between requests', async () => {
    const socket = connect(Number(new URL(api.origin).port), '127.0.0.1');
    let seen = '';
    socket.on('data', (chunk: Buffer) => (seen += chunk.toString()));
    for (let i = 1; i <= 3; i++) {
      socket.write('GET /api/v1/links/a HTTP/1.1\r\nHost: a\r\n\r\n');
      await expect.poll(() => seen.match(/HTTP\/1\.1 401/g)?.length).toBe(i);
    }
    socket.destroy();
  });
});
