// SPDX-License-Identifier: Apache-2.0
import { defined } from '@shortlink/common/assert.ts';
import { s3Store } from '../../../e2e/harness/object-stores.ts';
import { whyNoS3Servers } from '../../../e2e/harness/s3-server.ts';
import { TcpProxy } from '../../../e2e/harness/tcp-proxy.ts';
import { RequestLog } from './request-log.ts';

export interface FarStore {
  /** Options of nodes. */
  readonly settings: readonly string[];
  readonly log: RequestLog;
  readonly stop: () => Promise<void>;
}

const endpointKey = 'objectStore.endpoint=';

/** Undefined when there can be one. */
export function whyNoFarStore(): string | undefined {
  return whyNoS3Servers();
}

/** A real S3 server behind a proxy that delays every byte by `delayMs`, in each direction, and counts what is asked. */
export async function farStore(delayMs: number): Promise<FarStore> {
  const store = await s3Store();
  const endpoint = store.set.find((one) => one.startsWith(endpointKey))?.slice(endpointKey.length);
  const { hostname: host, port } = new URL(defined(endpoint, 'the endpoint of the store'));
  const log = new RequestLog();
  const observe = { up: (socket: number, bytes: Buffer) => log.add(socket, bytes), down: () => {} };
  const proxy = await TcpProxy.open({ host, port: Number(port), delayMs, observe });
  return {
    settings: [
      `objectStore.url=${store.url}`,
      ...store.set.filter((one) => !one.startsWith(endpointKey)),
      `${endpointKey}http://127.0.0.1:${proxy.port}`,
    ],
    log,
    stop: async () => {
      await proxy[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}
