// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { errorAnswer, StubS3 } from '../../adapters/object-store/testing/stub-s3.ts';
import { runCli } from '../testing/fake-io.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'object-store-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const check = async (...args: string[]) => runCli(['object-store', 'check', ...args]);

test('a folder is a safe store, and nothing is left in it', async () => {
  const ran = await check(pathToFileURL(folder).href);
  expect(ran).toMatchObject({ exitCode: 0, err: '' });
  expect(ran.out).toMatch(/^one of many creates an object +needed +kept +\d+ races of 32 writers, one winner each$/m);
  expect(ran.out.split('\n').at(-1)).toBe('safe: the store keeps every promise that is needed');
  expect(readdirSync(folder, { recursive: true })).toEqual(['.uploads']);
});

test('the short form tries less, and JSON has it all', async () => {
  const ran = await check(pathToFileURL(folder).href, '--short', '--output', 'json');
  const report: unknown = JSON.parse(ran.out);
  expect(report).toMatchObject({ verdict: 'safe', url: pathToFileURL(folder).href });
  expect(report).toHaveProperty('promises.0', expect.objectContaining({ id: 'create-once', verdict: 'kept' }));
  expect(report).toHaveProperty('promises.length', 7);
});

test('what is no URL of a store is a wrong argument', async () => {
  expect(await check('chunks')).toMatchObject({ exitCode: 2, out: '' });
  expect(await check('s3://chunks', '--endpoint', 'nonsense')).toMatchObject({ exitCode: 2, out: '' });
});

test('a server that takes every write for the first one is unsafe', async () => {
  const stub = new StubS3();
  await stub.listen();
  const { endpoint, credentialsFile } = stub.settings();
  stub.script((response, request) => {
    const isHead = request.method === 'HEAD';
    if (request.method === 'PUT' || request.method === 'POST' || isHead) response.end();
    else if (request.query.has('list-type')) response.end('<ListBucketResult></ListBucketResult>');
    else errorAnswer(404, 'NoSuchKey')(response, request);
  });
  const ran = await check('s3://chunks/x', '--short', '--endpoint', endpoint, '--credentials-file', credentialsFile);
  expect(ran.exitCode).toBe(1);
  expect(ran.out.split('\n').at(-1)).toMatch(/^UNSAFE: the store would lose data/);
  expect(ran.err).toMatch(/^shortlink: UNSAFE/);
  expect(ran.out).toContain('8 of 8 were told that they created one object');
  await stub.close();
});

test('a store that does not answer, or refuses, is told apart from one that is unsafe', async () => {
  const stub = new StubS3();
  await stub.listen();
  const { endpoint, credentialsFile } = stub.settings();
  stub.script(errorAnswer(403, 'AccessDenied'));
  const args = ['s3://chunks', '--endpoint', endpoint, '--credentials-file', credentialsFile];
  expect(await check(...args)).toMatchObject({ exitCode: 1, out: '', err: expect.stringContaining('AccessDenied') });
  stub.script(errorAnswer(404, 'NoSuchBucket'));
  expect(await check(...args)).toMatchObject({
    exitCode: 2,
    out: '',
    err: expect.stringContaining('create the bucket'),
  });
  stub.script(errorAnswer(500, 'InternalError'));
  expect(await check(...args)).toMatchObject({ exitCode: 5, out: '', err: expect.stringContaining('InternalError') });
  await stub.close();
});
