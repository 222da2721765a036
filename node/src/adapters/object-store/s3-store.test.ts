// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { utf8 } from '@shortlink/common/bytes.ts';
import type { ObjectStoreErrorKind, ObjectUpload } from '../../ports/object-store.ts';
import { S3ObjectStore } from './s3-store.ts';
import { answer, cutAnswer, errorAnswer, hangingAnswer, StubS3, type StubAnswer } from './testing/stub-s3.ts';

const call = { timeoutMs: 20_000 };
const get = { ...call, maxBytes: 2000 };
const body = utf8('123456789');
/** CRC-32 of it, as S3 writes it. */
const checksum = 'y/Q5Jg==';

let stub: StubS3;
let store: S3ObjectStore;
beforeEach(async () => {
  stub = new StubS3();
  await stub.listen();
  store = new S3ObjectStore(stub.settings());
});
afterEach(async () => {
  await store.close();
  await stub.close();
});

const started = answer(200, '<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>');
const partTaken = answer(200, '', { etag: '"e1"' });

async function uploadOfOnePart(): Promise<ObjectUpload> {
  stub.script(started, partTaken);
  const upload = await store.startUpload('a/b', { ...call, partBytes: store.minPartBytes });
  await upload.writePart(1, body, call);
  return upload;
}

describe('what is sent', () => {
  it('with a whole object: the condition, its CRC-32, and one attempt', async () => {
    stub.script(answer(200));
    expect(await store.put('a/b', body, call)).toBe('created');
    expect(stub.requests).toHaveLength(1);
    const [request] = stub.requests;
    expect(request).toMatchObject({ method: 'PUT', path: '/chunks/p/a/b' });
    expect(request?.headers).toMatchObject({
      'if-none-match': '*',
      'x-amz-checksum-crc32': checksum,
      'content-length': '9',
    });
    expect(request?.headers.expect).toBeUndefined();
    expect(request?.body.toString()).toBe('123456789');
  });

  it('with a whole object: the checksum that the caller knows, not one of what arrived here', async () => {
    stub.script(errorAnswer(400, 'BadDigest'));
    await expect(store.put('a', body, { ...call, crc32: 1 })).rejects.toMatchObject({ kind: 'corrupt' });
    expect(stub.requests[0]?.headers['x-amz-checksum-crc32']).toBe('AAAAAQ==');
  });

  it('with an upload: the algorithm first, the checksum of each part, and all of them with the condition', async () => {
    const upload = await uploadOfOnePart();
    stub.script(answer(200, '<CompleteMultipartUploadResult><ETag>"x"</ETag></CompleteMultipartUploadResult>'));
    expect(await upload.complete(call)).toBe('created');
    const [create, part, complete] = stub.requests;
    expect(create?.headers['x-amz-checksum-algorithm']).toBe('CRC32');
    expect(part?.headers['x-amz-checksum-crc32']).toBe(checksum);
    expect(part?.query.get('partNumber')).toBe('1');
    expect(complete?.headers['if-none-match']).toBe('*');
    expect(complete?.body.toString()).toContain(`<ChecksumCRC32>${checksum}</ChecksumCRC32>`);
    expect(complete?.body.toString()).toMatch(/<ETag>(?:"|&quot;)e1(?:"|&quot;)<\/ETag>/);
  });

  it('as credentials: those that are in the file now', async () => {
    stub.script(answer(200));
    const keyOfLast = (): string | undefined =>
      /Credential=([^/]+)/.exec(stub.requests.at(-1)?.headers.authorization ?? '')?.[1];
    await store.put('a', body, call);
    expect(keyOfLast()).toBe('key');
    stub.writeCredentials('another-key');
    await store.put('b', body, call);
    expect(keyOfLast()).toBe('another-key');
  });
});

describe('an answer to a creation', () => {
  const put = async (): Promise<unknown> => store.put('a/b', body, call);

  it('412 means that an object is there', async () => {
    stub.script(errorAnswer(412, 'PreconditionFailed'));
    expect(await put()).toBe('exists');
    const upload = await uploadOfOnePart();
    stub.script(errorAnswer(412, 'PreconditionFailed'));
    expect(await upload.complete(call)).toBe('exists');
  });

  it('404 NoSuchUpload means that the upload is gone, completed by an earlier attempt perhaps', async () => {
    const upload = await uploadOfOnePart();
    stub.script(errorAnswer(404, 'NoSuchUpload'));
    expect(await upload.complete(call)).toBe('gone');
    await upload.abort(call);
    await expect(upload.writePart(1, body, call)).rejects.toMatchObject({ kind: 'invalid' });
  });

  it('200 may hold an error: the store began to answer before it knew', async () => {
    const upload = await uploadOfOnePart();
    stub.script(errorAnswer(200, 'InternalError'));
    await expect(upload.complete(call)).rejects.toMatchObject({ kind: 'unavailable' });
    stub.script(errorAnswer(200, 'SlowDown'));
    await expect(upload.complete(call)).rejects.toMatchObject({ kind: 'throttled' });
  });

  it.each<[number, string, ObjectStoreErrorKind]>([
    [409, 'ConditionalRequestConflict', 'conflict'],
    [409, 'OperationAborted', 'conflict'],
    [503, 'SlowDown', 'throttled'],
    [503, 'SlowDownWrite', 'throttled'],
    [503, 'ServiceUnavailable', 'throttled'],
    [429, 'SomethingNew', 'throttled'],
    [500, 'InternalError', 'unavailable'],
    [502, 'BadGateway', 'unavailable'],
    [408, 'Slow', 'unavailable'],
    [400, 'RequestTimeout', 'unavailable'],
    [400, 'IncompleteBody', 'unavailable'],
    [403, 'RequestTimeTooSkewed', 'unavailable'],
    [400, 'BadDigest', 'corrupt'],
    [400, 'XAmzContentChecksumMismatch', 'corrupt'],
    [403, 'AccessDenied', 'denied'],
    [403, 'SomethingNew', 'denied'],
    [404, 'NoSuchBucket', 'invalid'],
    [400, 'AuthorizationHeaderMalformed', 'invalid'],
    [501, 'NotImplemented', 'invalid'],
    [400, 'SomethingNew', 'invalid'],
  ])('%d %s is %s, with the words of the store', async (status, code, kind) => {
    stub.script(errorAnswer(status, code));
    const failure = { kind, message: expect.stringContaining('the words of the store') };
    await expect(put()).rejects.toMatchObject(failure);
    await expect(put()).rejects.toThrow(`${status} ${code}`);
    await expect(put()).rejects.toThrow('put a/b in s3://chunks/p/');
    expect(stub.requests).toHaveLength(3);
  });

  it('that never comes ends at the deadline, and the outcome is said to be unknown', async () => {
    stub.script(hangingAnswer(0));
    const late = { kind: 'timeout', message: expect.stringContaining('unknown') };
    await expect(store.put('a', body, { timeoutMs: 50 })).rejects.toMatchObject(late);
  });

  it('that breaks off is unavailable', async () => {
    stub.script(cutAnswer(0));
    await expect(put()).rejects.toMatchObject({ kind: 'unavailable' });
  });
});

describe('an answer to a read', () => {
  const headers = { 'content-length': '9' };

  it('NoSuchKey means that there is no object', async () => {
    stub.script(errorAnswer(404, 'NoSuchKey'));
    expect(await store.get('a', get)).toBeUndefined();
    expect(await store.getRange('a', { offset: 0, length: 1 }, call)).toBeUndefined();
  });

  it.each<[string, StubAnswer, ObjectStoreErrorKind]>([
    ['404 of a proxy is not the word of the store', answer(404, '<html>not found</html>'), 'unavailable'],
    ['404 without a body neither', answer(404), 'unavailable'],
    ['body that breaks off', cutAnswer(500), 'unavailable'],
    ['body that does not tell its length', answer(200, '123456789'), 'unavailable'],
    [
      'body with another checksum',
      answer(200, '12345678X', { ...headers, 'x-amz-checksum-crc32': checksum }),
      'corrupt',
    ],
  ])('%s', async (_, response, kind) => {
    stub.script(response);
    await expect(store.get('a', get)).rejects.toMatchObject({ kind });
  });

  it('is taken with its checksum, and without', async () => {
    const checked = answer(200, '123456789', { ...headers, 'x-amz-checksum-crc32': checksum });
    stub.script(checked, answer(200, '123456789', headers));
    expect(await store.get('a', get)).toEqual(body);
    expect(crc32(body)).toBe(0xcb_f4_39_26);
    expect(await store.get('a', get)).toEqual(body);
  });

  it('that stops in the middle of the body ends at the deadline', async () => {
    stub.script(hangingAnswer(500));
    await expect(store.get('a', { ...get, timeoutMs: 200 })).rejects.toMatchObject({ kind: 'timeout' });
  });

  it('of another length than the range is corrupt: a server that ignores ranges, an object that became shorter', async () => {
    const range = { offset: 0, length: 4 };
    stub.script(answer(200, '123456789', headers), answer(206, '123', { 'content-length': '3' }));
    await expect(store.getRange('a', range, call)).rejects.toMatchObject({ kind: 'corrupt' });
    await expect(store.getRange('a', range, call)).rejects.toMatchObject({ kind: 'corrupt' });
    stub.script(errorAnswer(416, 'InvalidRange'));
    await expect(store.getRange('a', range, call)).rejects.toMatchObject({ kind: 'corrupt' });
    expect(stub.requests[0]?.headers.range).toBe('bytes=0-3');
  });

  it('404 to a HEAD counts only when the bucket is there', async () => {
    stub.script(answer(404), answer(200));
    expect(await store.head('a', call)).toBeUndefined();
    stub.script(answer(404));
    await expect(store.head('a', call)).rejects.toMatchObject({ kind: 'invalid' });
  });

  it('may be a page without names although there is a next one', async () => {
    const page = (inside: string): string => `<ListBucketResult>${inside}</ListBucketResult>`;
    const key = (name: string): string => `<Contents><Key>${name}</Key><Size>3</Size></Contents>`;
    const next = '<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>';
    stub.script(answer(200, page(next)), answer(200, page(key('p/a') + key('p/not ours') + key('p/folder/'))));
    const query = { prefix: '', limit: 10 };
    expect(await store.list(query, call)).toEqual({ objects: [], nextCursor: 't' });
    const last = await store.list({ ...query, cursor: 't' }, call);
    expect(last).toEqual({ objects: [{ name: 'a', size: 3, modifiedMs: 0 }], nextCursor: undefined });
    expect(stub.requests[1]?.query.get('continuation-token')).toBe('t');
    expect(stub.requests[1]?.query.get('prefix')).toBe('p/');
  });
});

it('finds old uploads behind a page of young ones, and aborts no others', async () => {
  const upload = (name: string, began: string): string =>
    `<Upload><Key>p/${name}</Key><UploadId>id-${name}</UploadId><Initiated>${began}</Initiated></Upload>`;
  const page = (inside: string): StubAnswer =>
    answer(200, `<ListMultipartUploadsResult>${inside}</ListMultipartUploadsResult>`);
  const next = '<IsTruncated>true</IsTruncated><NextKeyMarker>p/b</NextKeyMarker>';
  const marker = '<NextUploadIdMarker>id-b</NextUploadIdMarker>';
  stub.script(
    page(next + marker + upload('a', '2026-02-01T00:00:00Z') + upload('b', '2026-01-01T00:00:00.999Z')),
    answer(204),
    page(upload('c', '2025-01-01T00:00:00Z') + upload('d', '2026-01-02T00:00:00Z')),
    answer(204),
  );
  const stale = { prefix: '', startedBeforeMs: Date.UTC(2026, 0, 2) };
  expect(await store.abortUploads(stale, call)).toEqual(['b', 'c']);
  expect(
    stub.requests.map(({ method, query }) => `${method} ${query.get('uploadId') ?? query.get('key-marker')}`),
  ).toEqual(['GET null', 'DELETE id-b', 'GET p/b', 'DELETE id-c']);
});

it('fails once it is closed, also in the middle of a call', async () => {
  stub.script(hangingAnswer(0));
  const running = store.put('a', body, call).catch((error: unknown) => error);
  await expect.poll(() => stub.requests.length).toBe(1);
  await store.close();
  expect(await running).toMatchObject({ kind: 'unavailable' });
  await expect(store.get('a', get)).rejects.toMatchObject({ kind: 'unavailable' });
});

describe('a folder of credentials, as a Secret is mounted', () => {
  const write = (version: string, values: Readonly<Record<string, string>>): void => {
    rmSync(stub.credentialsFile, { recursive: true, force: true });
    mkdirSync(stub.credentialsFile);
    for (const [name, value] of Object.entries(values))
      writeFileSync(join(stub.credentialsFile, name), `${value}${version}\n`);
  };
  const sent = (): RegExpExecArray | null =>
    /Credential=([^/]+)/.exec(stub.requests.at(-1)?.headers.authorization ?? '');

  it('gives those that are in it now, with a session token where there is one', async () => {
    write('-1', { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' });
    stub.script(answer(200), answer(200));
    await store.put('a', body, call);
    expect(sent()?.[1]).toBe('id-1');
    expect(stub.requests.at(-1)?.headers['x-amz-security-token']).toBeUndefined();
    write('-2', { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: 'token' });
    await store.put('b', body, call);
    expect(sent()?.[1]).toBe('id-2');
    expect(stub.requests.at(-1)?.headers['x-amz-security-token']).toBe('token-2');
  });

  it('that lacks one says which files it needs', async () => {
    write('', { AWS_ACCESS_KEY_ID: 'hidden-id' });
    const problem = await store.put('a', body, call).catch(String);
    expect(problem).toContain('does not hold the files AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY');
    expect(problem).not.toContain('hidden-id');
  });
});

it('says what is wrong with a file of credentials, and nothing of what is in it', async () => {
  writeFileSync(stub.credentialsFile, '[other]\naws_access_key_id = hidden-key\naws_secret_access_key = x\n');
  const failure = store.put('a', body, call);
  await expect(failure).rejects.toMatchObject({ kind: 'denied', message: expect.stringContaining('[default]') });
  await expect(failure).rejects.not.toThrow('hidden-key');
  rmSync(stub.credentialsFile);
  await expect(store.put('a', body, call)).rejects.toMatchObject({ kind: 'denied' });
  expect(stub.requests).toEqual([]);
});
