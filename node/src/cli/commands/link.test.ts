// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, test } from 'vitest';
import { startFakeApi, type Answer, type FakeApi } from '../testing/fake-api.ts';
import { runCli } from '../testing/fake-io.ts';

const apis: FakeApi[] = [];
afterEach(() => {
  for (const api of apis.splice(0)) api.close();
});

async function apiWith(...answers: Answer[]): Promise<FakeApi> {
  const api = await startFakeApi(answers);
  apis.push(api);
  return api;
}

const link = { code: 'abc', url: 'https://example.com/', revision: 7 };

describe('link create', () => {
  test('sends what was given and prints the link', async () => {
    const api = await apiWith({ status: 201, body: link });
    const ran = await runCli(['link', 'create', link.url, '--code', 'abc', '--creator-id', 'me', '--api', api.url]);
    expect(ran).toMatchObject({ exitCode: 0, err: '' });
    expect(ran.out).toMatch(/^code +abc$/m);
    expect(api.seen[0]).toMatchObject({ method: 'POST', url: '/api/v1/links' });
    expect(api.seen[0]?.body).toEqual({ url: link.url, code: 'abc', creatorId: 'me' });
  });

  test('tries again with the same idempotency key when the connection breaks or the node cannot answer', async () => {
    const api = await apiWith('drop', { status: 503, body: { title: 'busy' } }, { status: 201, body: link });
    const ran = await runCli(['link', 'create', link.url, '--api', api.url, '--output', 'json']);
    expect(JSON.parse(ran.out)).toEqual(link);
    const keys = api.seen.map((one) => one.headers['idempotency-key']);
    expect(keys).toHaveLength(3);
    expect(new Set(keys).size).toBe(1);
  });

  test('asks the next node when one is down', async () => {
    const down = await apiWith('drop');
    down.close();
    const api = await apiWith({ status: 201, body: link });
    expect(await runCli(['link', 'create', link.url, '--api', `${down.url},${api.url}`])).toMatchObject({
      exitCode: 0,
    });
  });

  test('carries the token of the variable, which a flag overrides', async () => {
    const api = await apiWith({ status: 201, body: link });
    const env = { SHORTLINK_API: api.url, SHORTLINK_TOKEN: 'secret' };
    await runCli(['link', 'create', link.url], env);
    await runCli(['link', 'create', link.url, '--token', 'other'], env);
    expect(api.seen.map((one) => one.headers['authorization'])).toEqual(['Bearer secret', 'Bearer other']);
  });
});

describe('exit codes', () => {
  test.each([
    [404, 3],
    [410, 3],
    [409, 4],
    [412, 4],
    [422, 2],
    [401, 1],
    [500, 1],
    [429, 5],
  ])('status %i becomes %i, with what the problem says', async (status, exitCode) => {
    const api = await apiWith({ status, body: { title: 'No', detail: 'because', field: 'url' } });
    const ran = await runCli(['link', 'get', 'abc', '--api', api.url]);
    expect(ran).toEqual({ exitCode, out: '', err: 'shortlink: No: because (url)' });
  });

  test('a cluster that never answers becomes 5, with the last failure', async () => {
    const api = await apiWith({ status: 503, body: { title: 'No leader' } });
    const ran = await runCli(['link', 'get', 'abc', '--api', api.url, '--timeout', '300']);
    expect(ran.exitCode).toBe(5);
    expect(ran.err).toContain('No leader');
  });

  test('a cluster that is down is not waited for until the deadline', async () => {
    const down = await apiWith('drop');
    down.close();
    const ran = await runCli(['link', 'get', 'abc', '--api', down.url, '--timeout', '1h']);
    expect(ran.exitCode).toBe(5);
    expect(ran.err).toContain('ECONNREFUSED');
  });
});

test('codes that mean something in a URL are escaped', async () => {
  const api = await apiWith({ status: 200, body: link });
  for (const code of ['a/b', 'a?b#c', 'ü']) await runCli(['link', 'get', code, '--api', api.url]);
  const paths = api.seen.map((one) => one.url.slice('/api/v1/links/'.length));
  expect(paths).toEqual(['a%2Fb', 'a%3Fb%23c', '%C3%BC']);
  expect(await runCli(['link', 'get', '..', '--api', api.url])).toMatchObject({ exitCode: 3 });
  expect(api.seen).toHaveLength(3);
});

test('link update takes an expiry away with null and names the revision', async () => {
  const api = await apiWith({ status: 200, body: link });
  await runCli(['link', 'update', 'abc', '--no-expiry', '--disabled', 'true', '--if-revision', '7', '--api', api.url]);
  expect(api.seen[0]?.body).toEqual({ expiresAt: null, disabled: true });
  expect(api.seen[0]?.headers['if-match']).toBe('"7"');
});

test('link list --all follows the cursors', async () => {
  const api = await apiWith(
    { status: 200, body: { links: [link], cursor: 'c1' } },
    { status: 200, body: { links: [{ ...link, code: 'def' }], cursor: null } },
  );
  const ran = await runCli(['link', 'list', '--creator-id', 'me', '--all', '--limit', '1', '--api', api.url]);
  expect(ran.out.split('\n').map((line) => line.split(' ')[0])).toEqual(['CODE', 'abc', 'def']);
  expect(api.seen.map((one) => one.url)).toEqual([
    '/api/v1/links?creatorId=me&limit=1',
    '/api/v1/links?creatorId=me&limit=1&cursor=c1',
  ]);
});
