// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { utf8 } from '@shortlink/common/bytes.ts';
import { openObjectStore, type ObjectStoreSettings } from './open-object-store.ts';
import { answer, StubS3 } from './testing/stub-s3.ts';

const call = { timeoutMs: 20_000 };
const nothing = { endpoint: '', region: '', pathStyle: 'auto', credentialsFile: '' } as const;

describe('an S3 store is opened', () => {
  let stub: StubS3;
  beforeEach(async () => {
    stub = new StubS3();
    await stub.listen();
    stub.script(answer(200));
  });
  afterEach(async () => stub.close());

  async function requestOf(settings: Partial<ObjectStoreSettings>) {
    const { endpoint, credentialsFile } = stub.settings();
    const store = await openObjectStore({ ...nothing, url: 's3://chunks', endpoint, credentialsFile, ...settings });
    await store.put('a', utf8('x'), call);
    await store.close();
    return stub.requests.at(-1);
  }

  it('with the prefix of its URL, or none', async () => {
    expect((await requestOf({ url: 's3://chunks/team/one/' }))?.path).toBe('/chunks/team/one/a');
    expect((await requestOf({ url: 's3://chunks' }))?.path).toBe('/chunks/a');
  });

  it('with the bucket in the path where there is an endpoint, or as it is told', async () => {
    expect((await requestOf({ pathStyle: 'true' }))?.path).toBe('/chunks/a');
    // The host of the bucket is a name that this machine resolves to itself, or not at all.
    const { port } = new URL(stub.settings().endpoint);
    const hosted = requestOf({ pathStyle: 'false', endpoint: `http://localhost:${port}` });
    const seen = await hosted.catch((error: unknown) => String(error));
    expect(typeof seen === 'string' ? seen : seen?.headers.host).toMatch(/chunks\.localhost|ENOTFOUND/);
  });

  it('with the region that is told, or the usual one', async () => {
    const regionOf = (request: Awaited<ReturnType<typeof requestOf>>): string | undefined =>
      /Credential=[^/]+\/\d+\/([^/]+)\/s3/.exec(request?.headers.authorization ?? '')?.[1];
    expect(regionOf(await requestOf({}))).toBe('us-east-1');
    expect(regionOf(await requestOf({ region: 'eu-north-1' }))).toBe('eu-north-1');
  });
});

it('a file store is opened, and made, where its URL says', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'open-store-'));
  const url = pathToFileURL(join(folder, 'with a space')).href;
  const store = await openObjectStore({ ...nothing, url });
  expect(await store.put('a', utf8('x'), call)).toBe('created');
  expect(readdirSync(join(folder, 'with a space'))).toContain('a');
  rmSync(folder, { recursive: true });
});

it('another URL is refused', async () => {
  await expect(openObjectStore({ ...nothing, url: 'ftp://chunks' })).rejects.toMatchObject({ kind: 'invalid' });
});

it('the SDK is loaded only for S3', () => {
  const here = fileURLToPath(new URL('open-object-store.ts', import.meta.url));
  const script = `import { openObjectStore } from ${JSON.stringify(here)};
    import { createRequire } from 'node:module';
    console.log(typeof openObjectStore, Object.keys(createRequire(import.meta.url).cache).filter((path) => /@aws-sdk/.test(path)).length)`;
  const out = execFileSync(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    '--input-type=module',
    '-e',
    script,
  ]);
  expect(out.toString().trim()).toBe('function 0');
});
