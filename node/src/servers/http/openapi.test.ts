// SPDX-License-Identifier: Apache-2.0
import { ServiceError } from '@shortlink/common/errors.ts';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { LifecycleCommand } from '../../core/statemachine/commands.ts';
import { chunkObject } from '../../core/statemachine/testing/lifecycle.ts';
import { adminToken, startApi } from '../testing/api-fixture.ts';
import type { ApiFixture, AskOptions } from '../testing/api-fixture.ts';
import { asArray, asObject, schemaProblems } from '../testing/json-schema.ts';

const url = 'https://example.org/a';
const node = 'aaaaaaaaaaaaaaaa';
let api: ApiFixture;
/** The same API on a node without an object store. */
let storeless: ApiFixture;
let document: Readonly<Record<string, unknown>>;
/** `operationId status` of everything that was seen. */
const produced = new Set<string>();

beforeAll(async () => {
  api = await startApi();
  storeless = await startApi({ hasObjectStore: false });
  document = asObject((await api.ask('GET', '/openapi.json', { token: undefined })).body);
});
afterAll(async () => {
  await api.server.close();
  await storeless.server.close();
});

interface Operation {
  readonly path: string;
  readonly method: string;
  readonly operation: Readonly<Record<string, unknown>>;
}

function operations(): readonly Operation[] {
  return Object.entries(asObject(document['paths'])).flatMap(([path, item]) =>
    Object.entries(asObject(item)).map(([method, operation]) => ({ path, method, operation: asObject(operation) })),
  );
}

function operationOf(id: string): Operation {
  const found = operations().find(({ operation }) => operation['operationId'] === id);
  return found ?? expect.fail(`operation ${id} is not documented`);
}

function components(): Readonly<Record<string, unknown>> {
  return asObject(asObject(document['components'])['schemas']);
}

interface Try extends AskOptions {
  readonly path?: string;
  readonly query?: string;
  readonly on?: ApiFixture;
}

/** Asks an operation and checks the answer against what is documented of it. */
async function expectAnswer(
  id: string,
  expectedStatus: number,
  { path, query = '', on = api, ...init }: Try = {},
): Promise<void> {
  const { path: template, method, operation } = operationOf(id);
  const isAdmin = asArray(operation['tags']).includes('admin');
  const answer = await on.ask(method.toUpperCase(), (path ?? template) + query, {
    ...(isAdmin ? { token: adminToken } : {}),
    ...init,
  });
  expect(answer.status, `${id} ${JSON.stringify(answer.body)}`).toBe(expectedStatus);
  const responses = asObject(operation['responses']);
  const response = asObject(
    responses[String(answer.status)] ?? expect.fail(`${id} does not document ${answer.status}`),
  );
  for (const name of Object.keys(asObject(response['headers'])))
    expect(answer.headers.has(name), `${id}: header ${name}`).toBe(true);
  const content = asObject(response['content']);
  if (answer.body === undefined) {
    expect(content).toEqual({});
  } else {
    const media = asObject(
      content[answer.headers.get('content-type') ?? ''] ?? expect.fail(`${id}: undocumented content type`),
    );
    expect(schemaProblems(media['schema'], answer.body, components()), id).toEqual([]);
    const type = asObject(answer.body)['type'];
    if (answer.status >= 400) expect(String(response['description'])).toContain(String(type));
  }
  produced.add(`${id} ${answer.status}`);
}

describe('the document', () => {
  test('is OpenAPI 3.1 with unique operations, known tags and no dangling reference', () => {
    expect(document['openapi']).toMatch(/^3\.1\./);
    expect(asObject(document['info'])).toMatchObject({ title: 'Shortlink', version: expect.any(String) });
    const ids = operations().map(({ operation }) => operation['operationId']);
    expect(new Set(ids).size).toBe(ids.length);
    const tags = asArray(document['tags']).map((tag) => asObject(tag)['name']);
    for (const { operation } of operations()) {
      expect(operation['summary']).toEqual(expect.stringMatching(/^[A-Z].*[^.]$/));
      expect(tags).toEqual(expect.arrayContaining([...asArray(operation['tags'])]));
    }
    const references = JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g);
    const names = new Set([...references].map((match) => match[1]));
    expect([...names].filter((name) => !(String(name) in components()))).toEqual([]);
    expect(Object.keys(components()).filter((name) => !names.has(name))).toEqual([]);
  });

  test('declares every parameter of a path, required, and no other one', () => {
    for (const { path, operation } of operations()) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      const declared = asArray(operation['parameters'])
        .map(asObject)
        .filter((parameter) => parameter['in'] === 'path');
      expect(declared.map((parameter) => parameter['name'])).toEqual(inPath);
      expect(declared.every((parameter) => parameter['required'] === true)).toBe(true);
    }
  });

  test('says what may happen to every operation: success, and being turned away', () => {
    for (const { operation } of operations()) {
      const statuses = Object.keys(asObject(operation['responses'])).map(Number);
      expect(statuses.filter((status) => status < 300)).toHaveLength(1);
      const isOpen = asArray(operation['security']).length === 0;
      for (const status of [401, 500, 503]) expect(statuses.includes(status)).toBe(!isOpen);
    }
  });
});

describe('the code keeps what the document says', () => {
  const link = '/api/v1/links/c';
  const large = { url: 'a'.repeat(5_000_000) };

  test('links', async () => {
    await expectAnswer('createLink', 201, {
      body: { url, code: 'c', expiresAt: '2031-01-01T00:00:00Z' },
      headers: { 'idempotency-key': 'k' },
    });
    await expectAnswer('createLink', 409, { body: { url, code: 'c' } });
    await expectAnswer('createLink', 422, { body: { url, code: 'c' }, headers: { 'idempotency-key': 'k' } });
    await expectAnswer('createLink', 422, { body: { url: 'ftp://x' } });
    await expectAnswer('createLinks', 200, { body: { links: [{ url }, { url, code: 'c' }, { url: 'x' }] } });
    await expectAnswer('createLinks', 422, { body: { links: [] } });
    await expectAnswer('getLink', 200, { path: link });
    await expectAnswer('getLink', 404, { path: `${link}2` });
    await expectAnswer('getLink', 422, { path: link, headers: { 'x-shortlink-consistency': 'x' } });
    await expectAnswer('listLinks', 200, { query: '?creatorId=anonymous&limit=1' });
    await expectAnswer('listLinks', 200, { query: '?creatorId=nobody' });
    await expectAnswer('listLinks', 422);
    await expectAnswer('updateLink', 200, { path: link, body: { expiresAt: null } });
    await expectAnswer('updateLink', 404, { path: `${link}2`, body: { disabled: true } });
    await expectAnswer('updateLink', 412, { path: link, body: { disabled: true }, headers: { 'if-match': '"1"' } });
    await expectAnswer('updateLink', 422, { path: link, body: {} });
    await expectAnswer('deleteLink', 412, { path: link, headers: { 'if-match': '"1"' } });
    await expectAnswer('deleteLink', 422, { path: link, headers: { 'idempotency-key': 'k'.repeat(256) } });
    await expectAnswer('deleteLink', 204, { path: link });
    await expectAnswer('deleteLink', 404, { path: `${link}2` });
    await expectAnswer('deleteLink', 410, { path: link });
    await expectAnswer('getLink', 410, { path: link });
    await expectAnswer('updateLink', 410, { path: link, body: { disabled: true } });
  });

  test('cluster and administration', async () => {
    await expectAnswer('getCluster', 200);
    api.shards.formed = false;
    await expectAnswer('getCluster', 200);
    api.shards.formed = true;
    const byOperation = {
      removeNode: { path: `/api/v1/admin/nodes/${node}:remove` },
      cancelRemoveNode: { path: `/api/v1/admin/nodes/${node}:cancelRemove` },
      transferLeadership: { path: '/api/v1/admin/shards/1:transfer', body: { toNodeId: node } },
      holdNode: { path: `/api/v1/admin/nodes/${node}:hold`, body: { operatorEpoch: 7, durationMs: 60_000 } },
      releaseNode: { path: `/api/v1/admin/nodes/${node}:release`, body: { operatorEpoch: 7 } },
      hastenNode: { path: `/api/v1/admin/nodes/${node}:hasten`, body: { operatorEpoch: 7 } },
    };
    for (const [id, request] of Object.entries(byOperation)) {
      await expectAnswer(id, 202, request);
      await expectAnswer(id, 422, { ...request, path: request.path.replace(node, 'x').replace('/1:', '/x:') });
      await expectAnswer(id, 403, { ...request, token: 'api-token' });
      api.shards.adminResponse = { type: 'refused', message: 'no' };
      await expectAnswer(id, 412, request);
      api.shards.adminResponse = undefined;
    }
    await expectAnswer('takeOperatorEpoch', 200);
    await expectAnswer('takeOperatorEpoch', 403, { token: 'api-token' });
    api.shards.adminResponse = { type: 'refused', message: 'no leader' };
    await expectAnswer('takeOperatorEpoch', 412);
    api.shards.adminResponse = undefined;
  });

  test('chunks', async () => {
    const path = '/api/v1/admin/shards/1:upload';
    await expectAnswer('uploadShard', 202, { path });
    await expectAnswer('createLink', 201, { body: { url, code: 'f' } });
    await expectAnswer('createLink', 201, { body: { url, code: 'z' } });
    await expectAnswer('uploadShard', 202, { path });
    api.shards.failures.set(1, new ServiceError('overloaded', 'the object store is away'));
    await expectAnswer('uploadShards', 202);
    api.shards.failures.clear();
    await expectAnswer('uploadShards', 202);
    await expectAnswer('uploadShard', 403, { path, token: 'api-token' });
    await expectAnswer('uploadShard', 404, { path: path.replace('/1:', '/9:') });
    await expectAnswer('uploadShard', 412, { path, on: storeless });
    await expectAnswer('uploadShard', 422, { path: path.replace('/1:', '/x:') });
    await expectAnswer('uploadShards', 403, { token: 'api-token' });
    await expectAnswer('uploadShards', 412, { on: storeless });
    const object = chunkObject('chunk-1');
    const [of, placement] = [
      { generation: 1, object: object.name },
      { ringEpoch: 1, nodes: [node], redundancy: 2 },
    ];
    const steps: readonly LifecycleCommand[] = [
      { type: 'digest', generation: 1, replica: 1, digest: object.contentDigest },
      { type: 'exported', generation: 1, object, replaces: undefined },
      { type: 'readback', ...of, digest: object.contentDigest },
      { type: 'redistribute', ...of, placement },
      { type: 'holdings', node, holds: [object.name], drops: [], placement },
      { type: 'retire', ...of, chunkSetVersion: 0 },
    ];
    for (const step of steps) {
      await api.shards.write(1, [step], { timeoutMs: 1000 });
      await expectAnswer('listChunks', 200);
    }
    await expectAnswer('listChunks', 200, { query: '?shard=1&limit=1' });
    await expectAnswer('listChunks', 403, { token: 'api-token' });
    await expectAnswer('listChunks', 404, { query: '?shard=9' });
    for (const query of ['?shard=x', '?limit=x', '?limit=1001', '?cursor=x', '?shards=1'])
      await expectAnswer('listChunks', 422, { query });
  });

  test('jobs over the objects of chunks begin, go on, and end', async () => {
    await expectAnswer('getChunkJob', 404);
    await expectAnswer('getChunkJob', 412, { on: storeless });
    await expectAnswer('collectChunks', 412, { body: {}, on: storeless });
    await expectAnswer('scrubChunks', 412, { body: {}, on: storeless });
    await expectAnswer('collectChunks', 403, { body: {}, token: 'api-token' });
    await expectAnswer('scrubChunks', 403, { body: {}, token: 'api-token' });
    await expectAnswer('getChunkJob', 403, { token: 'api-token' });
    await expectAnswer('collectChunks', 422, { body: { dryRun: 'x' } });
    await expectAnswer('scrubChunks', 422, { body: { dryRun: true } });
    await expectAnswer('collectChunks', 202, { body: { dryRun: true } });
    await expectAnswer('getChunkJob', 200);
    await expectAnswer('collectChunks', 409, { body: {} });
    await expectAnswer('scrubChunks', 409, { body: {} });
    api.jobs.end({ kind: 'failed', message: 'the store is away', endedAtMs: 1_900_000_001_000 });
    await expectAnswer('getChunkJob', 200);
    const counts = { shard: 1, pending: 1, foreign: 0 };
    await expectAnswer('collectChunks', 202, { body: {} });
    const objects = [{ name: 'a', sizeBytes: 1, standing: 'garbage', wait: 'age' } as const];
    const collections = [{ ...counts, objects, abortedUploads: 2 }];
    const ended = { kind: 'done', endedAtMs: 1_900_000_001_000 } as const;
    api.jobs.end({ ...ended, report: { kind: 'gc', dryRun: false, shards: collections } });
    await expectAnswer('getChunkJob', 200);
    await expectAnswer('scrubChunks', 202, { body: { repair: true } });
    const findings = [{ name: 'a', problem: 'missing', detail: 'gone', repair: 'repaired' } as const];
    const scrubs = [{ ...counts, findings, checkedObjects: 1, checkedBytes: 10 }];
    api.jobs.end({ ...ended, report: { kind: 'scrub', repair: true, shards: scrubs } });
    await expectAnswer('getChunkJob', 200);
    expect(api.jobs.requests).toEqual([
      { kind: 'gc', dryRun: true },
      { kind: 'gc', dryRun: false },
      { kind: 'scrub', repair: true },
    ]);
  });

  test('every operation with a body refuses what is no JSON, what is too large and what has another type', async () => {
    for (const { path: template, operation } of operations()) {
      if (!('requestBody' in operation)) continue;
      const id = String(operation['operationId']);
      const path = template.replace('{code}', 'd').replace('{id}', '1');
      await expectAnswer(id, 400, { path, body: '{' });
      await expectAnswer(id, 413, { path, body: large });
      await expectAnswer(id, 415, { path, body: '{}', headers: { 'content-type': 'text/plain' } });
    }
  });

  test('every scoped operation wants a token, and fails as documented when the shards do', async () => {
    const bodies: Readonly<Record<string, unknown>> = {
      createLink: { url, code: 'e' },
      collectChunks: {},
      scrubChunks: {},
      createLinks: { links: [{ url }] },
      updateLink: { disabled: true },
      transferLeadership: { toNodeId: node },
      holdNode: { operatorEpoch: 7, durationMs: 1 },
      releaseNode: { operatorEpoch: 7 },
      hastenNode: { operatorEpoch: 7 },
    };
    for (const { path: template, operation } of operations()) {
      const id = String(operation['operationId']);
      if (asArray(operation['security']).length === 0) continue;
      const path = template.replace('{code}', 'd').replace('{id}', template.includes('/shards/') ? '1' : node);
      const body = id in bodies ? { body: bodies[id] } : {};
      const query = id === 'listLinks' ? '?creatorId=x' : '';
      await expectAnswer(id, 401, { path, query, ...body, token: undefined });
      await failing(new ServiceError('unavailable', 'no leader'), async () => {
        // Rows of a batch fail one by one: the batch itself is answered.
        const byRow = ['createLinks', 'uploadShards'];
        if (!byRow.includes(id)) await expectAnswer(id, 503, { path, query, ...body });
      });
      await failing(new TypeError('defect'), () => expectAnswer(id, 500, { path, query, ...body }));
    }
    api.shards.formed = false;
    await expectAnswer('createLinks', 503, { body: { links: [{ url }] } });
    await expectAnswer('uploadShards', 503);
    api.shards.formed = true;
  });

  test('paths that are no UTF-8 are malformed', async () => {
    for (const id of ['getLink', 'deleteLink']) await expectAnswer(id, 400, { path: '/api/v1/links/%ff' });
    for (const verb of ['remove', 'cancelRemove', 'hold', 'release', 'hasten'])
      await expectAnswer(`${verb}Node`, 400, { path: `/api/v1/admin/nodes/%ff:${verb}` });
    await expectAnswer('uploadShard', 400, { path: '/api/v1/admin/shards/%ff:upload' });
    await expectAnswer('getDescription', 200, { token: undefined });
  });

  test('nothing is documented that never happens', () => {
    const documented = operations().flatMap(({ operation }) =>
      Object.keys(asObject(operation['responses'])).map((status) => `${String(operation['operationId'])} ${status}`),
    );
    expect(documented.filter((each) => !produced.has(each))).toEqual([]);
  });

  async function failing(error: Error, run: () => Promise<void>): Promise<void> {
    const spies = (['read', 'write', 'admin'] as const).map((name) =>
      vi.spyOn(api.shards, name).mockRejectedValue(error),
    );
    await run();
    for (const spy of spies) spy.mockRestore();
  }
});
