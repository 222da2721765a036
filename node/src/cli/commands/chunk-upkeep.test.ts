// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, test } from 'vitest';
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

const job = (fields: Readonly<Record<string, unknown>>) => ({
  id: 7,
  state: 'done',
  progress: { shards: 1, shardsDone: 0, bytes: 100, bytesDone: 10 },
  collections: [],
  scrubs: [],
  ...fields,
});
const running = { status: 202, body: job({ state: 'running' }) };
const done = (fields: Readonly<Record<string, unknown>>): Answer => ({ status: 200, body: job(fields) });

describe('chunk gc', () => {
  const collections = [
    {
      shard: 1,
      objects: [
        { name: 'old', sizeBytes: 5, standing: 'garbage', waitsFor: null },
        { name: 'young', sizeBytes: 6, standing: 'garbage', waitsFor: 'age' },
      ],
      pending: 3,
      foreign: 0,
      abortedUploads: 1,
    },
  ];

  test('waits for the job on the node that has it, and shows what was deleted and what stays', async () => {
    const away = 'http://127.0.0.1:1';
    const api = await apiWith(running, running, done({ collections }));
    const ran = await runCli(['chunk', 'gc', '--api', `${away},${api.url}`]);
    expect(ran).toMatchObject({ exitCode: 0, err: '' });
    expect(ran.out).toMatch(/^1 +old +5 +garbage +deleted$/m);
    expect(ran.out).toMatch(/^1 +young +6 +garbage +stays: it was unlinked too lately$/m);
    expect(ran.out).toMatch(/^1 +3 +0 +1$/m);
    expect(api.seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST /api/v1/admin/chunks:gc',
      'GET /api/v1/admin/chunks/job',
      'GET /api/v1/admin/chunks/job',
    ]);
    expect(api.seen[0]?.body).toEqual({ dryRun: false });
  });

  test('only looks with --dry-run, and prints JSON', async () => {
    const api = await apiWith(done({ collections }));
    const ran = await runCli(['chunk', 'gc', '--dry-run', '--output', 'json', '--api', api.url]);
    expect(ran.exitCode).toBe(0);
    expect(JSON.parse(ran.out)).toEqual({ dryRun: true, shards: collections });
    expect(api.seen[0]?.body).toEqual({ dryRun: true });
  });

  test('fails in words: another job, a failure, a restart, the end of the time', async () => {
    const problem = { title: 'The name is taken', detail: 'this node has such a job already' };
    const busy = await apiWith({ status: 409, body: problem });
    expect(await runCli(['chunk', 'gc', '--api', busy.url])).toMatchObject({ exitCode: 4, out: '' });
    const failed = await apiWith(running, done({ state: 'failed', message: 'the store is away' }));
    expect(await runCli(['chunk', 'gc', '--api', failed.url])).toMatchObject({
      exitCode: 5,
      err: expect.stringContaining('the store is away'),
    });
    const restarted = await apiWith(running, done({ id: 1 }));
    expect((await runCli(['chunk', 'gc', '--api', restarted.url])).err).toContain('restarted');
    const slow = await apiWith(running);
    const late = await runCli(['chunk', 'gc', '--timeout', '300ms', '--api', slow.url]);
    expect(late).toMatchObject({ exitCode: 5, err: expect.stringContaining('goes on by itself') });
  });
});

describe('chunk scrub', () => {
  const finding = (problem: string, repair: string | null) => ({
    name: `a ${problem} one`,
    problem,
    repair,
    detail: 'x',
  });
  const scrub = (...findings: readonly unknown[]) => [
    { shard: 1, checkedObjects: 4, checkedBytes: 100, findings, pending: 0, foreign: 0 },
  ];
  const scrubbed = async (findings: readonly unknown[], ...flags: readonly string[]) => {
    const api = await apiWith(running, done({ scrubs: scrub(...findings) }));
    return runCli(['chunk', 'scrub', ...flags, '--api', api.url]);
  };

  test('ends well when nothing is wrong, or nothing is any more', async () => {
    expect(await scrubbed([])).toMatchObject({
      exitCode: 0,
      err: '',
      out: expect.stringMatching(/^1 +4 +100 +0 +0 +0$/m),
    });
    const repaired = await scrubbed([finding('missing', 'repaired'), finding('extra', null)], '--repair');
    expect(repaired).toMatchObject({ exitCode: 0, err: '' });
    expect(repaired.out).toMatch(/^1 +a missing one +missing +repaired +x$/m);
  });

  test('fails when something is missing or wrong, lost, or could not be read', async () => {
    expect(await scrubbed([finding('corrupt', null)])).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('--repair'),
    });
    expect(await scrubbed([finding('missing', 'lost')], '--repair')).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('no node has a right copy'),
    });
    expect(await scrubbed([finding('unreadable', null)])).toMatchObject({ exitCode: 5 });
  });

  test('prints JSON, also when it fails', async () => {
    const ran = await scrubbed([finding('missing', null)], '--output', 'json');
    expect(ran.exitCode).toBe(1);
    expect(JSON.parse(ran.out)).toEqual({ repair: false, shards: scrub(finding('missing', null)) });
  });
});
