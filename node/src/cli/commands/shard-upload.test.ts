// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, test } from 'vitest';
import { shortlink } from '../commands.ts';
import { runProgram } from '@shortlink/common/cli/run.ts';
import { startFakeApi, type Answer, type FakeApi } from '../testing/fake-api.ts';
import { runCli } from '../testing/fake-io.ts';

const apis: FakeApi[] = [];
afterEach(() => {
  for (const api of apis.splice(0)) api.close();
});

async function apiWith(...answers: readonly Answer[]): Promise<FakeApi> {
  const api = await startFakeApi(answers);
  apis.push(api);
  return api;
}

const ok = (body: unknown): Answer => ({ status: 200, body });
const upload = (shard: number, sealed: number | null, waitFor: number | null) => {
  return { shard, sealedGeneration: sealed, waitForGeneration: waitFor };
};

/** A page of one shard with these sealed generations, the oldest first, and what each waits for. */
function page(shard: number, sealed: Readonly<Record<number, readonly [string, number][]>>): unknown {
  const generations = Object.entries(sealed).map(([id, waits]) => {
    return { id: Number(id), state: 'sealed', waitsFor: waits.map(([step, missing]) => ({ step, missing })) };
  });
  const active = { id: 99, state: 'active', waitsFor: [] };
  return { shards: [{ shard, generations: [active, ...generations.toReversed()], chunks: [] }], cursor: null };
}

function requests(api: FakeApi): string[] {
  return api.seen.map(({ method, url }) => `${method} ${url}`);
}

describe('shard upload', () => {
  test('seals one shard and says what happens next', async () => {
    const api = await apiWith(ok(upload(3, 7, 7)));
    const ran = await runCli(['shard', 'upload', '3', '--api', api.url]);
    expect(ran).toMatchObject({ exitCode: 0, err: '' });
    expect(ran.out).toMatch(/^3 +7 +on its way$/m);
    expect(requests(api)).toEqual(['POST /api/v1/admin/shards/3:upload']);
  });

  test('seals all shards, and tells which had nothing new', async () => {
    const api = await apiWith(ok({ results: [upload(1, 7, 7), upload(2, null, 4), upload(3, null, null)] }));
    const ran = await runCli(['shard', 'upload', '--all', '--api', api.url]);
    expect(ran.exitCode).toBe(0);
    expect(ran.out).toMatch(/^2 +nothing new; generation 4 is on its way$/m);
    expect(ran.out).toMatch(/^3 +in the object store already$/m);
    expect(requests(api)).toEqual(['POST /api/v1/admin/shards:upload']);
  });

  test('fails with the reason of each shard that failed, and still shows the others', async () => {
    const error = { title: 'The node has too much to do', detail: '16 generations already wait for the object store' };
    const api = await apiWith(ok({ results: [upload(1, 7, 7), { shard: 2, error }] }));
    const ran = await runCli(['shard', 'upload', '--all', '--api', api.url]);
    expect(ran.exitCode).toBe(5);
    expect(ran.err).toBe('shortlink: shard 2: 16 generations already wait for the object store');
    expect(ran.out).toMatch(/^1 +7 +on its way$/m);
  });

  test('wants one shard or all of them', async () => {
    for (const args of [[], ['1', '--all'], ['one']])
      expect(await runCli(['shard', 'upload', ...args])).toMatchObject({ exitCode: 2 });
  });

  test('passes on that there is no object store', async () => {
    const detail = 'there is no object store to upload to: set objectStore.url on every node';
    const api = await apiWith({ status: 412, body: { title: 'A condition of the request does not hold', detail } });
    const ran = await runCli(['shard', 'upload', '--all', '--wait', '--api', api.url]);
    expect(ran.exitCode).toBe(4);
    expect(ran.err).toContain('set objectStore.url');
  });
});

describe('shard upload --wait', () => {
  test('returns when what it sealed is retired, whatever is sealed after it', async () => {
    const api = await apiWith(
      ok({ results: [upload(1, 7, 7), upload(2, null, null)] }),
      ok(page(1, { 6: [['readback', 1]], 7: [['export', 1]] })),
      ok(page(1, { 7: [['holders', 1]], 8: [['export', 1]] })),
      { status: 503, body: { title: 'no leader' } },
      ok(page(1, { 8: [['export', 1]] })),
    );
    const ran = await runCli(['shard', 'upload', '--all', '--wait', '--output', 'json', '--api', api.url]);
    expect(ran).toMatchObject({ exitCode: 0, err: '' });
    expect(JSON.parse(ran.out)).toEqual({
      results: [
        { ...upload(1, 7, 7), retired: true },
        { ...upload(2, null, null), retired: true },
      ],
    });
    // One shard is waited for, so only that one is asked about.
    expect(new Set(requests(api).slice(1))).toEqual(new Set(['GET /api/v1/chunks?shard=1&limit=0']));
  });

  test('says what is missing when the time is over, the oldest generation first', async () => {
    const waits: [string, number][] = [
      ['votes', 1],
      ['export', 1],
    ];
    const api = await apiWith(ok(upload(1, 7, 7)), ok(page(1, { 6: waits, 7: [['older', 1]] })));
    const ran = await runCli(['shard', 'upload', '1', '--wait', '--timeout', '2000', '--api', api.url]);
    expect(ran.exitCode).toBe(5);
    expect(ran.err.split('\n')).toEqual([
      'shortlink: not done after 2000 ms; the cluster goes on by itself',
      'shortlink: generation 6 of shard 1 waits for digests from 1 more replica and its upload to the object store',
      'shortlink: generation 7 of shard 1 waits for 1 older generation',
    ]);
  });

  test('shows on a terminal how far it is and what it waits for', async () => {
    const steps = ['export', 'readback', 'placement', 'holders', 'retire'] as const;
    const api = await apiWith(
      ok(upload(1, 7, 7)),
      ...steps.map((step) => ok(page(1, { 6: [[step, 2]], 7: [['export', 1]] }))),
      ok(page(1, { 7: [['future', 1]] })),
      ok(page(1, {})),
    );
    const shown: string[] = [];
    const io = { out: () => {}, err: () => {}, rewrite: (text: string) => shown.push(text), env: {} };
    expect(await runProgram(shortlink, ['shard', 'upload', '1', '--wait', '--api', api.url], io)).toBe(0);
    expect(shown.map((line) => line.replace(/ [█░]+ /, ' '))).toEqual([
      'generation 6 of shard 1 waits for its upload to the object store 0/10',
      'generation 6 of shard 1 waits for its object to be read again and compared 1/10',
      'generation 6 of shard 1 waits for the ring to choose the nodes that keep copies 2/10',
      'generation 6 of shard 1 waits for copies on 2 more nodes 3/10',
      'generation 6 of shard 1 waits for its rows to leave the nodes 4/10',
      'generation 7 of shard 1 waits for future 5/10',
      '',
    ]);
  });
});
