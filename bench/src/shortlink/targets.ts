// SPDX-License-Identifier: Apache-2.0
import { create } from '@bufbuild/protobuf';
import { ChannelCredentials, Client } from '@grpc/grpc-js';
import { defined } from '@shortlink/common/assert.ts';
import { utf8 } from '@shortlink/common/bytes.ts';
import { serviceClient } from '@shortlink/proto/grpc-service.ts';
import {
  KvService,
  MutateRequestSchema as KvMutateRequestSchema,
  type MutateRequest as KvMutateRequest,
  type MutateResponse as KvMutateResponse,
} from '@shortlink/proto/kv.ts';
import { LinksService, MutateRequestSchema, type MutateRequest, type MutateResponse } from '@shortlink/proto/links.ts';
import { rowSource, type Row } from '../load/rows.ts';
import type { Session, Target } from '../load/target.ts';
import type { DevCluster } from './dev-cluster.ts';
import { expectOutcome, PipelinedCalls } from './pipelined-calls.ts';

const common = {
  name: 'shortlink',
  durable: 'fsync of the log on 2 of 3 nodes',
  clients: 'one link or pair a message, a pipelined stream to each node, clients spread over them',
} as const;

/** What one open stream does with one row for one client. */
type Write = (id: bigint, row: Row) => Promise<void>;

/** Links with generated codes, one a message. */
export function createTarget(cluster: DevCluster, seed: number): Target {
  return target(cluster, seed, (client) => {
    const calls = new PipelinedCalls<MutateRequest, MutateResponse>(serviceClient(LinksService, client).mutate());
    return {
      close: () => calls.close(),
      write: async (requestId, { url, creatorId }) => {
        const mutation = { case: 'create', value: { link: { url, creatorId } } } as const;
        const answer = await calls.call(requestId, create(MutateRequestSchema, { requestId, mutation }));
        expectOutcome(answer.outcome, 'create');
      },
    };
  });
}

/** Fresh keys, one a message. */
export function putTarget(cluster: DevCluster, seed: number): Target {
  return target(cluster, seed, (client) => {
    const calls = new PipelinedCalls<KvMutateRequest, KvMutateResponse>(serviceClient(KvService, client).mutate());
    return {
      close: () => calls.close(),
      write: async (requestId, { code, url, creatorId }) => {
        const mutation = { case: 'put', value: { key: utf8(code), value: utf8(url + creatorId) } } as const;
        const answer = await calls.call(requestId, create(KvMutateRequestSchema, { requestId, mutation }));
        expectOutcome(answer.outcome, 'put');
      },
    };
  });
}

interface OpenStream {
  readonly write: Write;
  readonly close: () => void;
}

function target(cluster: DevCluster, seed: number, openStream: (client: Client) => OpenStream): Target {
  let runs = 0;
  const open = async (): Promise<Session> => {
    const nextRow = rowSource(seed + runs++);
    const channels = cluster.nodes.map((node) => new Client(node.grpc, ChannelCredentials.createInsecure()));
    const streams = channels.map(openStream);
    return {
      operate: (client) => defined(streams[client % streams.length], 'a stream').write(BigInt(client), nextRow()),
      close: async () => {
        for (const stream of streams) stream.close();
        for (const channel of channels) channel.close();
      },
    };
  };
  return { ...common, pids: cluster.pids, open };
}
