// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startS3Server, whyNoS3Servers } from '../../../../e2e/harness/s3-server.ts';
import type { S3Server } from '../../../../e2e/harness/s3-server.ts';
import { S3ObjectStore } from '../../adapters/object-store/s3-store.ts';
import { runCli } from '../testing/fake-io.ts';

const golden = new Uint8Array(readFileSync(new URL('../../core/chunk/testdata/golden-v1.chunk', import.meta.url)));
const why = whyNoS3Servers();

if (why !== undefined) process.stderr.write(`tests on S3 servers are skipped: ${why}\n`);

describe.skipIf(why !== undefined)('a chunk in a bucket', () => {
  let server: S3Server;
  let url: string;
  let endpoint: string;
  beforeAll(async () => {
    server = await startS3Server('versitygw');
    const place = server.place('chunks-of-a-test');
    const store = new S3ObjectStore(place);
    await store.put('shard-1/golden.chunk', golden, { timeoutMs: 60_000 });
    await store.close();
    url = `s3://${place.bucket}/${place.prefix}/shard-1/golden.chunk`;
    endpoint = place.endpoint;
    for (const [name, value] of Object.entries(server.credentials)) vi.stubEnv(name, value);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await server?.stop();
  });

  it('is verified and dumped as a file is', async () => {
    const verified = await runCli(['chunk', 'verify', url, '--endpoint', endpoint, '--output', 'json']);
    expect(verified).toMatchObject({ exitCode: 0, err: '' });
    expect(JSON.parse(verified.out)).toMatchObject({ ok: true, rows: 629, bytes: golden.length });
    const dumped = await runCli(['chunk', 'dump', url, '--endpoint', endpoint]);
    expect(dumped.out.split('\n')).toHaveLength(629);
  });

  it('is not found under another name', async () => {
    const { exitCode, err } = await runCli(['chunk', 'inspect', `${url}.old`, '--endpoint', endpoint]);
    expect(exitCode).toBe(3);
    expect(err).toMatch(/there is no object s3:/);
  });
});
