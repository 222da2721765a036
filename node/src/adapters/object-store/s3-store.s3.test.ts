// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { utf8 } from '@shortlink/common/bytes.ts';
import { startS3Server, whyNoS3Servers } from '../../../../e2e/harness/s3-server.ts';
import type { S3Server, S3ServerKind } from '../../../../e2e/harness/s3-server.ts';
import { describeObjectStoreContract } from '../../ports/testing/object-store-contract.ts';
import { runCli } from '../../cli/testing/fake-io.ts';
import type { StoreReport } from '../../services/object-store-check/check-object-store.ts';
import type { S3Settings } from './s3-client.ts';
import { S3ObjectStore } from './s3-store.ts';

// Real servers of two vendors: what passes on both leans on the habits of none.

const call = { timeoutMs: 60_000 };
const get = { ...call, maxBytes: 1000 };
const why = whyNoS3Servers();

if (why !== undefined) process.stderr.write(`tests on S3 servers are skipped: ${why}\n`);

describe.skipIf(why !== undefined).each<S3ServerKind>(['versitygw', 'minio'])('on %s', (kind) => {
  let server: S3Server;
  let count = 0;
  beforeAll(async () => {
    server = await startS3Server(kind);
  });
  afterAll(async () => server?.stop());

  const settings = (change: Partial<S3Settings> = {}): S3Settings => ({
    ...server.place(`test-${count++}`),
    ...change,
  });

  describeObjectStoreContract(
    'S3ObjectStore',
    async () => {
      const place = settings();
      const store = new S3ObjectStore(place);
      const other = new S3ObjectStore(place);
      return { store, other, dispose: async () => void (await Promise.all([store.close(), other.close()])) };
    },
    { listsUploadsByPrefix: kind !== 'minio' },
  );

  it('passes the check of the command line, with every promise that is needed', async () => {
    for (const [name, value] of Object.entries(server.credentials)) vi.stubEnv(name, value);
    const { bucket, prefix, endpoint } = settings();
    const url = `s3://${bucket}/${prefix}`;
    const ran = await runCli(['object-store', 'check', url, '--endpoint', endpoint, '--output', 'json']);
    vi.unstubAllEnvs();
    expect(ran).toMatchObject({ exitCode: 0, err: '' });
    const report = JSON.parse(ran.out) as StoreReport;
    expect(report.verdict).toBe('safe');
    const broken = report.promises.filter(({ verdict }) => verdict !== 'kept').map(({ id }) => id);
    expect(broken).toEqual(kind === 'minio' ? ['stale-uploads'] : []);
    const left = await new S3ObjectStore(server.place(prefix)).list({ prefix: '', limit: 1 }, call);
    expect(left.objects).toEqual([]);
  });

  describe('an S3 store', () => {
    it('keeps to its prefix', async () => {
      const inner = settings();
      const store = new S3ObjectStore(inner);
      const outer = new S3ObjectStore({ ...inner, prefix: '' });
      const beside = new S3ObjectStore({ ...inner, prefix: `${inner.prefix}0` });
      await store.put('a/b', utf8('x'), call);
      await beside.put('a/c', utf8('yy'), call);
      expect((await store.list({ prefix: '', limit: 9 }, call)).objects).toMatchObject([{ name: 'a/b', size: 1 }]);
      const all = await outer.list({ prefix: inner.prefix, limit: 9 }, call);
      expect(all.objects.map((object) => object.name)).toEqual([`${inner.prefix}/a/b`, `${inner.prefix}0/a/c`]);
    });

    it('tells the checksum that the server keeps, of whole objects and of uploads', async () => {
      const store = new S3ObjectStore(settings());
      await store.put('whole', utf8('123456789'), call);
      expect(await store.head('whole', call)).toMatchObject({ checksum: 'CRC32 y/Q5Jg==' });
      const upload = await store.startUpload('parts', { ...call, partBytes: store.minPartBytes });
      await upload.writePart(1, utf8('123456789'), call);
      await upload.complete(call);
      expect((await store.head('parts', call))?.checksum).toMatch(/^CRC32 /);
    });

    it('takes its credentials from the environment where no file is given', async () => {
      for (const [name, value] of Object.entries(server.credentials)) vi.stubEnv(name, value);
      const store = new S3ObjectStore(settings({ credentialsFile: '' }));
      expect(await store.put('a', utf8('x'), call)).toBe('created');
      vi.unstubAllEnvs();
    });

    it('says that credentials are wrong, that a bucket or its region is not there', async () => {
      vi.stubEnv('AWS_ACCESS_KEY_ID', 'nobody');
      vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'nothing');
      const stranger = new S3ObjectStore(settings({ credentialsFile: '' }));
      await expect(stranger.put('a', utf8('x'), call)).rejects.toMatchObject({ kind: 'denied', retryable: false });
      await expect(stranger.get('a', get)).rejects.toMatchObject({ kind: 'denied' });
      vi.unstubAllEnvs();
      const homeless = new S3ObjectStore(settings({ bucket: 'no-such-bucket' }));
      const noBucket = { kind: 'invalid', message: expect.stringContaining('create') };
      await expect(homeless.put('a', utf8('x'), call)).rejects.toMatchObject(noBucket);
      await expect(homeless.get('a', get)).rejects.toMatchObject(noBucket);
      await expect(homeless.head('a', call)).rejects.toMatchObject(noBucket);
      await expect(homeless.list({ prefix: '', limit: 1 }, call)).rejects.toMatchObject(noBucket);
      if (kind === 'minio') return;
      const abroad = new S3ObjectStore(settings({ region: 'eu-west-7' }));
      const noRegion = { kind: 'invalid', message: expect.stringContaining('objectStore.region') };
      await expect(abroad.put('a', utf8('x'), call)).rejects.toMatchObject(noRegion);
    });

    it('is unavailable while the server is down, and works again afterwards', async () => {
      const store = new S3ObjectStore(settings());
      await store.put('a', utf8('x'), call);
      await server.down();
      await expect(store.get('a', get)).rejects.toMatchObject({ kind: 'unavailable' });
      await expect(store.put('b', utf8('x'), call)).rejects.toMatchObject({ kind: 'unavailable' });
      await server.up();
      expect(await store.get('a', get)).toEqual(utf8('x'));
      expect(await store.get('b', get)).toBeUndefined();
    });
  });
});
