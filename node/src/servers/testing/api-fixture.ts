// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { newAdminService } from '../../services/admin.ts';
import { newChunkService } from '../../services/chunks.ts';
import { newKvService } from '../../services/kv.ts';
import { newLinksService } from '../../services/links.ts';
import { newUpkeepService } from '../../services/upkeep.ts';
import { FakeShards, fakeDependencies } from '../../services/testing/fake-shards.ts';
import { noMetrics } from '../../telemetry/sink.ts';
import { newAuthenticator } from '../auth.ts';
import type { TokenEntry } from '../auth.ts';
import { ApiServer } from '../http/api-server.ts';
import { FakeUpkeep } from './fake-upkeep.ts';

const linkPolicy = {
  destinations: { schemes: new Set(['http', 'https']), ownHosts: new Set(['go.example.com']) },
  codeLength: 8,
};

export const apiToken = 'api-token';
export const adminToken = 'admin-token';
export const testTokens: readonly TokenEntry[] = [
  { scope: 'api', hash: createHash('sha256').update(apiToken).digest(), name: 'app' },
  { scope: 'admin', hash: createHash('sha256').update(adminToken).digest(), name: 'root' },
];

/** All services over a fake cluster of two shards. */
export function fakeServices(hasObjectStore = true) {
  const shards = new FakeShards(['i']);
  const dependencies = fakeDependencies(shards);
  const jobs = new FakeUpkeep(shards);
  return {
    shards,
    jobs,
    upkeep: newUpkeepService(hasObjectStore ? jobs : undefined),
    links: newLinksService(dependencies, linkPolicy),
    kv: newKvService(dependencies),
    admin: newAdminService(shards),
    chunks: newChunkService(shards, { hasObjectStore }),
  };
}

export interface ApiFixture extends ReturnType<typeof fakeServices> {
  readonly server: ApiServer;
  readonly errors: unknown[];
  readonly origin: string;
  /** Sends a request with the token of the app, unless `init` says otherwise. */
  readonly ask: (method: string, path: string, init?: AskOptions) => Promise<Answer>;
}

export interface AskOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly token?: string | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** An HTTP API on a free port of the loopback. */
export async function startApi(
  options: { readonly timeoutMs?: number; readonly hasObjectStore?: boolean } = {},
): Promise<ApiFixture> {
  const services = fakeServices(options.hasObjectStore);
  const errors: unknown[] = [];
  const server = new ApiServer({
    ...services,
    authenticator: newAuthenticator(() => testTokens),
    metrics: noMetrics,
    timeoutMs: options.timeoutMs ?? 5000,
    onError: (error) => errors.push(error),
  });
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
  const origin = `http://127.0.0.1:${port}`;
  const ask = async (method: string, path: string, init: AskOptions = {}): Promise<Answer> => {
    const token = 'token' in init ? init.token : apiToken;
    const response = await fetch(`${origin}${path}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(init.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...init.headers,
      },
      ...(init.body === undefined
        ? {}
        : { body: typeof init.body === 'string' ? init.body : JSON.stringify(init.body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
  };
  return { ...services, server, errors, origin, ask };
}
