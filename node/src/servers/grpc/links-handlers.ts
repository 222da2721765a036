// SPDX-License-Identifier: Apache-2.0
import { create } from '@bufbuild/protobuf';
import {
  BatchCreateLinksResponseSchema,
  CreateLinkResponseSchema,
  DeleteLinkResponseSchema,
  GetLinkResponseSchema,
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
  ReadRequest,
  ReadResponse,
  UpdateLinkRequest,
} from '@shortlink/proto/links.ts';
import type { Link } from '../../core/statemachine/commands.ts';
import type { SingleCreate } from '../../services/create-many.ts';
import type { LinksService } from '../../services/links.ts';
import type { GrpcContext } from './call-context.ts';
import { CreateBatcher } from './create-batcher.ts';
import { errorMessage } from './grpc-errors.ts';
import { encodeLinkAnswer } from './link-answer.ts';
import { changesOf, linkMessage, newLinkOf } from './link-message.ts';
import { pipelined, settle } from './pipeline.ts';
import { decodeMessage, encodeMessage } from './raw-service.ts';
import type { RawHandlers } from './raw-service.ts';
import { unary } from './unary.ts';
import { consistencyOf, nothingAsked, numberOf, textOf } from './values.ts';

const defaultPageSize = 100;

/** One link, which is what most answers are, is encoded by hand. */
interface OneLink {
  readonly case: 'link';
  readonly value: Link;
}

type MutateOutcome = MutateResponse['outcome'] | OneLink;
type ReadOutcome = ReadResponse['outcome'] | OneLink;

export function linksHandlers(context: GrpcContext, links: LinksService): RawHandlers<typeof LinksContract> {
  const calls = linksCalls(links);
  const creates = new CreateBatcher<MutateOutcome>(links.createMany, linkOutcome);
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
      start: ({ read }, exchange) => {
        const { timeoutMs } = exchange;
        if (read.case === 'get') settle(readLink(links, read.value, timeoutMs).then(linkOutcome), exchange);
        else settle(readOther(calls, read, timeoutMs), exchange);
      },
    }),
  };
}

function encodeMutateResponse(requestId: bigint, outcome: MutateOutcome): Buffer {
  if (outcome.case === 'link') return encodeLinkAnswer(requestId, outcome.value);
  return encodeMessage(MutateResponseSchema, create(MutateResponseSchema, { requestId, outcome }));
}

function encodeReadResponse(requestId: bigint, outcome: ReadOutcome): Buffer {
  if (outcome.case === 'link') return encodeLinkAnswer(requestId, outcome.value);
  return encodeMessage(ReadResponseSchema, create(ReadResponseSchema, { requestId, outcome }));
}

function linkOutcome(link: Link): OneLink {
  return { case: 'link', value: link };
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
    get: async (request: GetLinkRequest, timeoutMs: number) => {
      return create(GetLinkResponseSchema, { link: linkMessage(await readLink(links, request, timeoutMs)) });
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

type OtherRead = Exclude<ReadRequest['read'], { case: 'get' }>;

async function readOther(calls: LinksCalls, read: OtherRead, timeoutMs: number): Promise<ReadOutcome> {
  if (read.case === 'list') return { case: 'list', value: await calls.list(read.value, timeoutMs) };
  throw nothingAsked('read');
}

async function readLink(links: LinksService, { code, consistency }: GetLinkRequest, timeoutMs: number): Promise<Link> {
  return links.get(code, { timeoutMs, consistency: consistencyOf(consistency) });
}
