// SPDX-License-Identifier: Apache-2.0
import { create } from '@bufbuild/protobuf';
import { defined } from '@shortlink/common/assert.ts';
import { utf8 } from '@shortlink/common/bytes.ts';
import {
  KvService,
  MutateRequestSchema as KvMutateRequestSchema,
  type MutateRequest as KvMutateRequest,
  type MutateResponse as KvMutateResponse,
} from '@shortlink/proto/kv.ts';
import { LinksService, MutateRequestSchema, type MutateRequest, type MutateResponse } from '@shortlink/proto/links.ts';
import { rowSource, type Row } from '../load/rows.ts';
import type { Session, Target } from '../load/target.ts';
import { GrpcStream } from '../wire/grpc-stream.ts';
import { Http2Connection } from '../wire/http2-connection.ts';
import type { DevCluster } from './dev-cluster.ts';
import { expectOutcome, PipelinedCalls } from './pipelined-calls.ts';

const common = {
  name: 'shortlink',
  durable: 'fsync of the log on 2 of 3 nodes',
  clients: 'one link or pair a message, a pipelined stream to each node, clients spread over them from the leader on',
} as const;

/** What one open stream does with one row for one client. */
type Write = (id: bigint, row: Row) => Promise<void>;

/** Links with generated codes, one a message. */
export function createTarget(cluster: DevCluster, seed: number): Target {
  return target(cluster, seed, (connection) => {
    const calls = new PipelinedCalls<MutateRequest, MutateResponse>(
      (events) => new GrpcStream(connection, LinksService.method.mutate, events),
    );
    return async (requestId, { url, creatorId }) => {
      const mutation = { case: 'create', value: { link: { url, creatorId } } } as const;
      const answer = await calls.call(requestId, create(MutateRequestSchema, { requestId, mutation }));
      expectOutcome(answer.outcome, 'create');
    };
  });
}

/** Fresh keys, one a message. */
export function putTarget(cluster: DevCluster, seed: number): Target {
  return target(cluster, seed, (connection) => {
    const calls = new PipelinedCalls<KvMutateRequest, KvMutateResponse>(
      (events) => new GrpcStream(connection, KvService.method.mutate, events),
    );
    return async (requestId, { code, url, creatorId }) => {
      const mutation = { case: 'put', value: { key: utf8(code), value: utf8(url + creatorId) } } as const;
      const answer = await calls.call(requestId, create(KvMutateRequestSchema, { requestId, mutation }));
      expectOutcome(answer.outcome, 'put');
    };
  });
}

function target(cluster: DevCluster, seed: number, openStream: (connection: Http2Connection) => Write): Target {
  let runs = 0;
  const open = async (): Promise<Session> => {
    const nextRow = rowSource(seed + runs++);
    const connections = await Promise.all(cluster.nodes.map((node) => Http2Connection.open(node.grpc)));
    const writes = connections.map(openStream);
    return {
      operate: (client) => defined(writes[client % writes.length], 'a stream')(BigInt(client), nextRow()),
      close: async () => {
        await Promise.all(connections.map((connection) => connection.close()));
      },
    };
  };
  return { ...common, pids: cluster.pids, open };
}
