// SPDX-License-Identifier: Apache-2.0
import { assert, defined } from '@shortlink/common/assert.ts';
import { rowSource } from '../load/rows.ts';
import type { Session, Target } from '../load/target.ts';
import type { EtcdCluster } from './etcd-cluster.ts';
import { decodePutRevision, encodePut, etcdPaths } from './etcd-wire.ts';
import { callUnary } from '../wire/grpc-unary.ts';
import { Http2Connection } from '../wire/http2-connection.ts';

/** All to the leader, which saves etcd the way through a follower; more connections made it slower, not faster. */
const channels = 3;

/** Puts of fresh keys, each key with what a link has: the URL and its creator. */
export function etcdPutTarget(cluster: EtcdCluster, version: string, seed: number): Target {
  const leader = defined(cluster.addresses[0], 'the leader of etcd');
  let runs = 0;
  return {
    name: `etcd ${version}`,
    durable: 'fsync of the WAL on 2 of 3 members',
    clients: `unary Put over ${channels} HTTP/2 connections to the leader`,
    pids: () => cluster.pids,
    open: async () => openSession(leader, seed + runs++),
  };
}

async function openSession(address: string, seed: number): Promise<Session> {
  const open = await Promise.all(Array.from({ length: channels }, () => Http2Connection.open(address)));
  const nextRow = rowSource(seed);
  return {
    operate: async (client) => {
      const channel = defined(open[client % channels], 'a channel');
      const row = nextRow();
      const answer = await callUnary(channel, etcdPaths.put, encodePut(row.code, row.url + row.creatorId));
      assert(decodePutRevision(answer) > 0n, 'etcd gives every put a revision');
    },
    close: async () => {
      await Promise.all(open.map((channel) => channel.close()));
    },
  };
}
