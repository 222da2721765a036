// SPDX-License-Identifier: Apache-2.0
import { ServiceError } from '@shortlink/common/errors.ts';
import { limits } from '@shortlink/common/limits.ts';
import type { Link } from '../../core/statemachine/commands.ts';
import type { NewLink } from '../../services/link-input.ts';
import type { CreateOutcome } from '../../services/create-proposals.ts';
import type { LinksService } from '../../services/links.ts';
import { Fields } from './fields.ts';
import type { OpenApiParameter } from './openapi.ts';
import { problemOfError } from './problem.ts';
import { checkQueryNames, limitOf } from './query-parameters.ts';
import { consistencyOf } from './route.ts';
import type { ApiRequest, ApiResponse, Route } from './route.ts';
import { formatTimestamp } from './timestamp.ts';

const codeParameter: OpenApiParameter = {
  name: 'code',
  in: 'path',
  required: true,
  description: 'The code; its slashes may be written as they are or as %2F.',
  schema: { type: 'string' },
};
const idempotencyParameter: OpenApiParameter = {
  name: 'Idempotency-Key',
  in: 'header',
  description: 'The same key with the same request gives the first answer again; with another request it is refused.',
  schema: { type: 'string', maxLength: limits.idempotencyKeyMaxBytes },
};
const ifMatchParameter: OpenApiParameter = {
  name: 'If-Match',
  in: 'header',
  description: 'The ETag that the link must have.',
  schema: { type: 'string' },
};
const consistencyParameter: OpenApiParameter = {
  name: 'X-Shortlink-Consistency',
  in: 'header',
  description:
    'linearizable (default): at or after the state at the time of the request; stale: whatever the node has.',
  schema: { enum: ['linearizable', 'stale'] },
};
const listParameters: readonly OpenApiParameter[] = [
  { name: 'creatorId', in: 'query', required: true, description: 'Whose links.', schema: { type: 'string' } },
  {
    name: 'limit',
    in: 'query',
    description: 'Links at most; a page may hold fewer before the end.',
    schema: { type: 'integer', minimum: 1, maximum: limits.listMaxLinks, default: 100 },
  },
  { name: 'cursor', in: 'query', description: 'From the page before.', schema: { type: 'string' } },
];
const etagHeader = { ETag: 'The revision of the link.' };
const defaultListLimit = 100;

export function linksRoutes(links: LinksService): readonly Route[] {
  return [
    createRoute(links),
    listRoute(links),
    batchRoute(links),
    getRoute(links),
    updateRoute(links),
    deleteRoute(links),
  ];
}

function createRoute(links: LinksService): Route {
  return {
    method: 'POST',
    path: '/api/v1/links',
    scope: 'api',
    operation: {
      id: 'createLink',
      tag: 'links',
      summary: 'Create a link',
      parameters: [idempotencyParameter],
      request: 'NewLink',
      success: {
        status: 201,
        description: 'The link.',
        schema: 'Link',
        headers: { ...etagHeader, Location: 'Where the link is found in this API.' },
      },
      problems: ['conflict', 'invalid', 'idempotencyMismatch', 'tooLarge', 'unsupportedMediaType'],
    },
    handle: async (request) => {
      const link = await links.create(readNewLink(await request.json(), ''), mutation(request));
      const path = link.code.split('/').map(encodeURIComponent).join('/');
      const { headers, ...response } = linkResponse(link);
      return { ...response, status: 201, headers: { ...headers, location: `/api/v1/links/${path}` } };
    },
  };
}

function batchRoute(links: LinksService): Route {
  return {
    method: 'POST',
    path: '/api/v1/links:batch',
    scope: 'api',
    operation: {
      id: 'createLinks',
      tag: 'links',
      summary: 'Create up to 1,000 links',
      description: 'Each row succeeds or fails by itself; the results are in the order of the rows.',
      parameters: [idempotencyParameter],
      request: 'NewLinks',
      success: { status: 200, description: 'One result per row.', schema: 'BatchResults' },
      problems: ['invalid', 'tooLarge', 'unsupportedMediaType'],
    },
    handle: async (request) => {
      const rows = new Fields(await request.json(), ['links']).array('links');
      if (rows.length > limits.batchMaxLinks) {
        throw new ServiceError('invalid', `a batch has at most ${limits.batchMaxLinks} links`, { field: 'links' });
      }
      const outcomes = await links.createBatch(
        rows.map((row, i) => readNewLink(row, `links[${i}]`)),
        mutation(request),
      );
      return { status: 200, body: { results: outcomes.map(batchResult) } };
    },
  };
}

function getRoute(links: LinksService): Route {
  return {
    method: 'GET',
    path: '/api/v1/links/{code}',
    scope: 'api',
    operation: {
      id: 'getLink',
      tag: 'links',
      summary: 'Read a link',
      parameters: [codeParameter, consistencyParameter],
      success: { status: 200, description: 'The link.', schema: 'Link', headers: etagHeader },
      problems: ['notFound', 'gone', 'invalid'],
    },
    handle: async (request) => linkResponse(await links.get(codeOf(request), query(request))),
  };
}

function updateRoute(links: LinksService): Route {
  return {
    method: 'PATCH',
    path: '/api/v1/links/{code}',
    scope: 'api',
    operation: {
      id: 'updateLink',
      tag: 'links',
      summary: 'Change a link',
      description: 'Fields that are not given stay as they are.',
      parameters: [codeParameter, ifMatchParameter, idempotencyParameter],
      request: 'LinkChanges',
      success: { status: 200, description: 'The link as it is now.', schema: 'Link', headers: etagHeader },
      problems: [
        'notFound',
        'gone',
        'preconditionFailed',
        'invalid',
        'idempotencyMismatch',
        'tooLarge',
        'unsupportedMediaType',
      ],
    },
    handle: async (request) => {
      const fields = new Fields(await request.json(), ['url', 'expiresAt', 'disabled']);
      const changes = {
        url: fields.optionalString('url'),
        expiresAtMs: fields.optionalTimestamp('expiresAt'),
        disabled: fields.optionalBoolean('disabled'),
        ifRevision: ifMatch(request),
      };
      return linkResponse(await links.update(codeOf(request), changes, mutation(request)));
    },
  };
}

function deleteRoute(links: LinksService): Route {
  return {
    method: 'DELETE',
    path: '/api/v1/links/{code}',
    scope: 'api',
    operation: {
      id: 'deleteLink',
      tag: 'links',
      summary: 'Delete a link',
      description: 'Its code is never given away again, unless the policy of the cluster says so.',
      parameters: [codeParameter, ifMatchParameter, idempotencyParameter],
      success: { status: 204, description: 'The link is gone.' },
      problems: ['notFound', 'gone', 'preconditionFailed', 'invalid', 'idempotencyMismatch'],
    },
    handle: async (request) => {
      await links.delete(codeOf(request), { ...mutation(request), ifRevision: ifMatch(request) });
      return { status: 204 };
    },
  };
}

function listRoute(links: LinksService): Route {
  return {
    method: 'GET',
    path: '/api/v1/links',
    scope: 'api',
    operation: {
      id: 'listLinks',
      tag: 'links',
      summary: 'List the links of a creator',
      parameters: [...listParameters, consistencyParameter],
      success: { status: 200, description: 'A page of links in the order of their creation.', schema: 'LinkPage' },
      problems: ['invalid'],
    },
    handle: async (request) => {
      const { creatorId, limit, cursor } = listQuery(request.query);
      const page = await links.list({ creatorId, limit, cursor }, query(request));
      return { status: 200, body: { links: page.links.map(linkJson), cursor: page.cursor ?? null } };
    },
  };
}

function listQuery(parameters: URLSearchParams) {
  checkQueryNames(parameters, ['creatorId', 'limit', 'cursor']);
  const creatorId = parameters.get('creatorId');
  if (creatorId === null) throw new ServiceError('invalid', 'creatorId is missing', { field: 'creatorId' });
  return { creatorId, limit: limitOf(parameters, defaultListLimit), cursor: parameters.get('cursor') ?? undefined };
}

function readNewLink(value: unknown, path: string): NewLink {
  const fields = new Fields(value, ['url', 'code', 'codeLength', 'expiresAt', 'creatorId'], path);
  return {
    url: fields.string('url'),
    code: fields.optionalString('code'),
    codeLength: fields.optionalInteger('codeLength'),
    // A client that has no expiry to give may write null as it reads it.
    expiresAtMs: fields.optionalTimestamp('expiresAt') ?? undefined,
    creatorId: fields.optionalString('creatorId'),
  };
}

function codeOf(request: ApiRequest): string {
  return request.params[0] ?? '';
}

function mutation(request: ApiRequest) {
  return { timeoutMs: request.timeoutMs, idempotencyKey: request.header('idempotency-key') };
}

function query(request: ApiRequest) {
  return { timeoutMs: request.timeoutMs, consistency: consistencyOf(request) };
}

/** The revision that If-Match wants. `*` means "any", which a link that is there fulfils anyway. */
function ifMatch(request: ApiRequest): number | undefined {
  const value = request.header('if-match')?.trim();
  if (value === undefined || value === '*') return undefined;
  const revision = Number(/^"(\d{1,16})"$/.exec(value)?.[1]);
  if (Number.isSafeInteger(revision)) return revision;
  throw new ServiceError('preconditionFailed', 'If-Match is not one ETag of this link', { field: 'If-Match' });
}

function linkResponse(link: Link): ApiResponse {
  return { status: 200, headers: { etag: `"${link.revision}"` }, body: linkJson(link) };
}

function batchResult(outcome: CreateOutcome) {
  if (outcome.ok) return { status: 201, link: linkJson(outcome.link) };
  const error = problemOfError(outcome.error);
  return { status: error.status, error };
}

function linkJson(link: Link) {
  return {
    code: link.code,
    url: link.url,
    creatorId: link.creatorId,
    createdAt: formatTimestamp(link.createdAtMs),
    updatedAt: formatTimestamp(link.updatedAtMs),
    expiresAt: link.expiresAtMs === undefined ? null : formatTimestamp(link.expiresAtMs),
    disabled: link.disabled,
    revision: link.revision,
  };
}
