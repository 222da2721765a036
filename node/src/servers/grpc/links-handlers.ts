// SPDX-License-Identifier: Apache-2.0
import { create } from '@bufbuild/protobuf';
import { ServiceError } from '@shortlink/common/errors.ts';
import {
  BatchCreateLinksResponseSchema,
  CreateLinkResponseSchema,
  DeleteLinkResponseSchema,
  GetLinkResponseSchema,
  LinkSchema,
  LinksService as LinksContract,
  ListLinksResponseSchema,
  MutateRequestSchema,
  MutateResponseSchema,
  ReadRequestSchema,
  ReadResponseSchema,
  UpdateLinkResponseSchema,
} from '@shortlink/proto/links.ts';
import type {
  BatchCreateLinksRequest,
  CreateLinkRequest,
  DeleteLinkRequest,
  GetLinkRequest,
  ListLinksRequest,
  MutateRequest,
  MutateResponse,
  NewLink as NewLinkMessage,
  ReadRequest,
  ReadResponse,
  UpdateLinkRequest,
} from '@shortlink/proto/links.ts';
import type { Link } from '../../core/statemachine/commands.ts';
import type { SingleCreate } from '../../services/create-many.ts';
import type { NewLink } from '../../services/link-input.ts';
import type { LinksService } from '../../services/links.ts';
import type { GrpcContext } from './call-context.ts';
import { CreateBatcher } from './create-batcher.ts';
import { errorMessage } from './grpc-errors.ts';
import { pipelined, settle } from './pipeline.ts';
import { decodeMessage, encodeMessage } from './raw-service.ts';
import type { RawHandlers } from './raw-service.ts';
import { unary } from './unary.ts';
import { consistencyOf, millisecondsOf, nothingAsked, numberOf, textOf, timestampOf } from './values.ts';

const defaultPageSize = 100;

type MutateOutcome = MutateResponse['outcome'];
type ReadOutcome = ReadResponse['outcome'];

export function linksHandlers(context: GrpcContext, links: LinksService): RawHandlers<typeof LinksContract> {
  const calls = linksCalls(links);
  const creates = new CreateBatcher<MutateOutcome>(links.createMany, createOutcome);
  const { method } = LinksContract;
  return {
    createLink: unary(context, method.createLink, calls.create),
    batchCreateLinks: unary(context, method.batchCreateLinks, calls.batchCreate),
    getLink: unary(context, method.getLink, calls.get),
    updateLink: unary(context, method.updateLink, calls.update),
    deleteLink: unary(context, method.deleteLink, calls.delete),
    listLinks: unary(context, method.listLinks, calls.list),
    mutate: pipelined<MutateRequest, MutateOutcome>(context, {
      decode: (bytes) => decodeMessage(MutateRequestSchema, bytes),
      encode: encodeMutateResponse,
      encodeError: (requestId, error) => encodeMutateResponse(requestId, { case: 'error', value: errorMessage(error) }),
      start: ({ mutation }, exchange) => {
        if (mutation.case === 'create') creates.add(singleCreateOf(mutation.value), exchange);
        else settle(mutate(calls, mutation, exchange.timeoutMs), exchange);
      },
    }),
    read: pipelined<ReadRequest, ReadOutcome>(context, {
      decode: (bytes) => decodeMessage(ReadRequestSchema, bytes),
      encode: encodeReadResponse,
      encodeError: (requestId, error) => encodeReadResponse(requestId, { case: 'error', value: errorMessage(error) }),
      start: ({ read }, exchange) => settle(readOne(calls, read, exchange.timeoutMs), exchange),
    }),
  };
}

function encodeMutateResponse(requestId: bigint, outcome: MutateOutcome): Buffer {
  return encodeMessage(MutateResponseSchema, create(MutateResponseSchema, { requestId, outcome }));
}

function encodeReadResponse(requestId: bigint, outcome: ReadOutcome): Buffer {
  return encodeMessage(ReadResponseSchema, create(ReadResponseSchema, { requestId, outcome }));
}

function createOutcome(link: Link): MutateOutcome {
  return { case: 'create', value: create(CreateLinkResponseSchema, { link: linkMessage(link) }) };
}

function singleCreateOf({ link, idempotencyKey }: CreateLinkRequest): SingleCreate {
  return { link: newLinkOf(link, 'link'), idempotencyKey: textOf(idempotencyKey) };
}

type LinksCalls = ReturnType<typeof linksCalls>;

function linksCalls(links: LinksService) {
  return {
    create: async ({ link, idempotencyKey }: CreateLinkRequest, timeoutMs: number) => {
      const created = await links.create(newLinkOf(link, 'link'), {
        timeoutMs,
        idempotencyKey: textOf(idempotencyKey),
      });
      return create(CreateLinkResponseSchema, { link: linkMessage(created) });
    },
    batchCreate: async (request: BatchCreateLinksRequest, timeoutMs: number) => {
      const rows = request.links.map((link, i) => newLinkOf(link, `links[${i}]`));
      const outcomes = await links.createBatch(rows, { timeoutMs, idempotencyKey: textOf(request.idempotencyKey) });
      const results = outcomes.map((outcome) => ({
        outcome: outcome.ok
          ? { case: 'link' as const, value: linkMessage(outcome.link) }
          : { case: 'error' as const, value: errorMessage(outcome.error) },
      }));
      return create(BatchCreateLinksResponseSchema, { results });
    },
    get: async ({ code, consistency }: GetLinkRequest, timeoutMs: number) => {
      const link = await links.get(code, { timeoutMs, consistency: consistencyOf(consistency) });
      return create(GetLinkResponseSchema, { link: linkMessage(link) });
    },
    update: async (request: UpdateLinkRequest, timeoutMs: number) => {
      const options = { timeoutMs, idempotencyKey: textOf(request.idempotencyKey) };
      const link = await links.update(request.code, changesOf(request), options);
      return create(UpdateLinkResponseSchema, { link: linkMessage(link) });
    },
    delete: async ({ code, ifRevision, idempotencyKey }: DeleteLinkRequest, timeoutMs: number) => {
      const options = {
        timeoutMs,
        idempotencyKey: textOf(idempotencyKey),
        ifRevision: numberOf(ifRevision, 'if_revision'),
      };
      return create(DeleteLinkResponseSchema, { revision: BigInt(await links.delete(code, options)) });
    },
    list: async ({ creatorId, pageSize, pageToken, consistency }: ListLinksRequest, timeoutMs: number) => {
      const query = { creatorId, limit: pageSize === 0 ? defaultPageSize : pageSize, cursor: textOf(pageToken) };
      const page = await links.list(query, { timeoutMs, consistency: consistencyOf(consistency) });
      return create(ListLinksResponseSchema, { links: page.links.map(linkMessage), nextPageToken: page.cursor ?? '' });
    },
  };
}

type Mutation = Exclude<MutateRequest['mutation'], { case: 'create' }>;

async function mutate(calls: LinksCalls, mutation: Mutation, timeoutMs: number): Promise<MutateOutcome> {
  switch (mutation.case) {
    case 'batchCreate':
      return { case: 'batchCreate', value: await calls.batchCreate(mutation.value, timeoutMs) } as const;
    case 'update':
      return { case: 'update', value: await calls.update(mutation.value, timeoutMs) } as const;
    case 'delete':
      return { case: 'delete', value: await calls.delete(mutation.value, timeoutMs) } as const;
    default:
      throw nothingAsked('mutation');
  }
}

async function readOne(calls: LinksCalls, read: ReadRequest['read'], timeoutMs: number): Promise<ReadOutcome> {
  switch (read.case) {
    case 'get':
      return { case: 'get', value: await calls.get(read.value, timeoutMs) } as const;
    case 'list':
      return { case: 'list', value: await calls.list(read.value, timeoutMs) } as const;
    default:
      throw nothingAsked('read');
  }
}

function newLinkOf(message: NewLinkMessage | undefined, field: string): NewLink {
  if (message === undefined) throw new ServiceError('invalid', `${field} is missing`, { field });
  return {
    url: message.url,
    code: textOf(message.code),
    codeLength: message.codeLength === 0 ? undefined : message.codeLength,
    expiresAtMs: millisecondsOf(message.expireTime, `${field}.expire_time`),
    creatorId: textOf(message.creatorId),
  };
}

function changesOf({ url, expireTime, clearExpireTime, disabled, ifRevision }: UpdateLinkRequest) {
  const expiresAtMs = millisecondsOf(expireTime, 'expire_time');
  if (clearExpireTime && expiresAtMs !== undefined) {
    throw new ServiceError('invalid', 'expire_time and clear_expire_time exclude each other', {
      field: 'clear_expire_time',
    });
  }
  return {
    url,
    expiresAtMs: clearExpireTime ? null : expiresAtMs,
    disabled,
    ifRevision: numberOf(ifRevision, 'if_revision'),
  };
}

function linkMessage(link: Link) {
  return create(LinkSchema, {
    code: link.code,
    url: link.url,
    creatorId: link.creatorId,
    createTime: timestampOf(link.createdAtMs),
    updateTime: timestampOf(link.updatedAtMs),
    ...(link.expiresAtMs === undefined ? {} : { expireTime: timestampOf(link.expiresAtMs) }),
    disabled: link.disabled,
    revision: BigInt(link.revision),
  });
}
