// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import { TLSSocket } from 'node:tls';
import type { SecureContextOptions, TlsOptions } from 'node:tls';
import { ServiceError } from '@shortlink/common/errors.ts';
import type { HostPort } from '@shortlink/common/host-port.ts';
import type { AdminService } from '../../services/admin.ts';
import type { ChunkService } from '../../services/chunks.ts';
import type { UpkeepService } from '../../services/upkeep.ts';
import type { LinksService } from '../../services/links.ts';
import type { MetricsSink } from '../../telemetry/sink.ts';
import type { Authenticator } from '../auth.ts';
import { withDeadline } from '../deadline.ts';
import { boundAddress, listen } from '../listen.ts';
import { readJson } from './body.ts';
import { chunkRoutes } from './chunk-routes.ts';
import { clusterRoutes } from './cluster-routes.ts';
import { operatorRoutes } from './operator-routes.ts';
import { linksRoutes } from './links-routes.ts';
import { openApiDocument } from './openapi.ts';
import { HttpError, problemResponse } from './problem.ts';
import { upkeepRoutes } from './upkeep-routes.ts';
import { compileRoutes } from './route.ts';
import type { ApiResponse, Route } from './route.ts';

export interface ApiServerOptions {
  readonly links: LinksService;
  readonly admin: AdminService;
  readonly chunks: ChunkService;
  readonly upkeep: UpkeepService;
  readonly authenticator: Authenticator;
  readonly metrics: MetricsSink;
  /** Time of a request, from its head to the last word of a service. */
  readonly timeoutMs: number;
  /** With it the API speaks TLS; `requestCert` and `ca` let clients show certificates. */
  readonly tls?: TlsOptions | undefined;
  /** A defect; the client was answered with 500. */
  readonly onError: (error: unknown) => void;
}

const headMaxBytes = 16 * 1024;
const maxConnections = 10_000;

/** All operations of the HTTP API, the description of them included. */
export function apiRoutes({
  links,
  admin,
  chunks,
  upkeep,
}: Pick<ApiServerOptions, 'links' | 'admin' | 'chunks' | 'upkeep'>): readonly Route[] {
  const routes: Route[] = [
    ...linksRoutes(links),
    ...clusterRoutes(admin),
    ...operatorRoutes(admin),
    ...chunkRoutes(chunks),
    ...upkeepRoutes(upkeep),
  ];
  routes.push({
    method: 'GET',
    path: '/openapi.json',
    scope: undefined,
    operation: {
      id: 'getDescription',
      tag: 'meta',
      summary: 'Read this description',
      success: { status: 200, description: 'The OpenAPI document.', schema: 'Document' },
      problems: [],
    },
    handle: async () => ({ status: 200, body: document }),
  });
  const document = openApiDocument(routes);
  return routes;
}

/** The HTTP API on its own listener. */
export class ApiServer {
  readonly #options: ApiServerOptions;
  readonly #server: Server | TlsServer;
  readonly #match: ReturnType<typeof compileRoutes>;
  #draining = false;

  constructor(options: ApiServerOptions) {
    this.#options = options;
    this.#match = compileRoutes(apiRoutes(options));
    const settings = {
      maxHeaderSize: headMaxBytes,
      headersTimeout: 10_000,
      requestTimeout: 60_000,
      keepAliveTimeout: 60_000,
    };
    const handle = (message: IncomingMessage, response: ServerResponse): void => void this.#serve(message, response);
    this.#server =
      options.tls === undefined
        ? createServer(settings, handle)
        : createTlsServer({ ...settings, ...options.tls }, handle);
    this.#server.maxConnections = maxConnections;
  }

  /** Resolves with the address that is bound. Rejects when it cannot be. */
  async listen(address: HostPort): Promise<HostPort> {
    await listen(this.#server, address);
    return boundAddress(this.#server);
  }

  /** New connections are shown this certificate; those that are open stay. Without TLS it does nothing. */
  useCertificate(context: SecureContextOptions): void {
    if ('setSecureContext' in this.#server) this.#server.setSecureContext(context);
  }

  /** Stops accepting, finishes the answers, closes each connection after its answer. */
  async drain(): Promise<void> {
    this.#draining = true;
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeIdleConnections();
    });
  }

  /** Ends at once. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const startMs = performance.now();
    const { metrics, onError } = this.#options;
    let answer: ApiResponse;
    try {
      answer = await this.#answer(message);
    } catch (error) {
      if (!(error instanceof ServiceError) && !(error instanceof HttpError)) onError(error);
      const { problem, headers } = problemResponse(error);
      answer = {
        status: problem.status,
        headers: { 'content-type': 'application/problem+json', ...headers },
        body: problem,
      };
    }
    const outcome = answer.status < 400 ? 'ok' : answer.status < 500 ? 'clientError' : 'serverError';
    metrics.add('shortlink_node_api_requests_total', 1, { transport: 'http', outcome });
    metrics.observe('shortlink_node_api_request_seconds', (performance.now() - startMs) / 1000, { transport: 'http' });
    this.#send(message, response, answer);
  }

  async #answer(message: IncomingMessage): Promise<ApiResponse> {
    const target = message.url ?? '/';
    const queryAt = target.indexOf('?');
    const path = queryAt < 0 ? target : target.slice(0, queryAt);
    const match = this.#match(message.method ?? '', path);
    if (match.kind === 'none') throw new HttpError('noSuchResource', 'see /openapi.json for what there is');
    if (match.kind === 'otherMethod') {
      throw new HttpError('methodNotAllowed', `allowed: ${match.allow}`, { allow: match.allow });
    }
    this.#authorize(message, match.route);
    const { timeoutMs } = this.#options;
    const work = match.route.handle({
      params: match.params,
      query: new URLSearchParams(queryAt < 0 ? '' : target.slice(queryAt + 1)),
      header: (name) => {
        const value = message.headers[name];
        return Array.isArray(value) ? value.join(', ') : value;
      },
      json: () => readJson(message),
      timeoutMs,
    });
    return withDeadline(work, timeoutMs);
  }

  #authorize({ headers, socket }: IncomingMessage, { scope }: Route): void {
    if (scope === undefined) return;
    const hasClientCertificate = socket instanceof TLSSocket && socket.authorized;
    const result = this.#options.authenticator.authenticate(
      { authorization: headers.authorization, hasClientCertificate },
      scope,
    );
    if (result.kind === 'unauthenticated')
      throw new ServiceError('unauthenticated', 'send Authorization: Bearer and a valid token');
    if (result.kind === 'forbidden') throw new ServiceError('forbidden', `a token of scope ${scope} is needed`);
  }

  #send(message: IncomingMessage, response: ServerResponse, { status, headers, body }: ApiResponse): void {
    if (response.destroyed) return;
    const text = body === undefined ? undefined : JSON.stringify(body);
    const all: Record<string, string | number> = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
    if (text !== undefined) all['content-type'] = 'application/json';
    if (text !== undefined || status !== 204) all['content-length'] = text === undefined ? 0 : Buffer.byteLength(text);
    // A body that was not read to its end would be taken for the next request.
    if (this.#draining || !message.complete) all['connection'] = 'close';
    response.writeHead(status, { ...all, ...headers });
    response.end(text);
    if (!message.complete) message.resume();
  }
}
