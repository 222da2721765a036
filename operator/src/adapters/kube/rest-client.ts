// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../../ports/clock.ts';
import { KubeError } from '../../ports/kube-api.ts';
import { abortReason } from './abort.ts';
import { parseObject, toError } from './answers.ts';
import type { KubeConnection } from './connection.ts';
import { exchange } from './http-exchange.ts';
import type { HttpAnswer, HttpRequest } from './http-exchange.ts';
import type { RateLimiter } from './rate-limiter.ts';
import { readText } from './read-body.ts';
import type { RestMetrics } from './rest-metrics.ts';

const defaultTimeoutMs = 30_000;
// A page of 500 large objects; and what is worth reading of an error.
const maxAnswerBytes = 64 * 1024 * 1024;
const maxErrorBytes = 64 * 1024;

export interface RestClientOptions {
  readonly connection: KubeConnection;
  readonly clock: Clock;
  readonly metrics: RestMetrics;
  /** Undefined for the client of the lease, which must not wait behind anything. */
  readonly limiter: RateLimiter | undefined;
  /** Who asks, for the logs of the API server. */
  readonly userAgent: string;
  /** Of a call; of a watch, until it begins. */
  readonly timeoutMs?: number | undefined;
}

export interface RestRequest {
  readonly method: HttpRequest['method'];
  /** With its query. */
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string | undefined;
}

/** JSON over HTTP as the API server speaks it: limits, time-outs, credentials, errors. */
export class RestClient {
  readonly #options: RestClientOptions;

  constructor(options: RestClientOptions) {
    this.#options = options;
  }

  /** The JSON object of a successful answer. @throws KubeError, with the Status that the server sent. */
  async call(request: RestRequest, signal: AbortSignal): Promise<Readonly<Record<string, unknown>>> {
    return this.#withTimeout(signal, async (own) => {
      const answer = await this.#send(request, 'call', own);
      return parseObject(await readText(answer.body, maxAnswerBytes), `the answer to ${request.path}`);
    });
  }

  /** The body of a successful answer, while it comes in. */
  async open(request: RestRequest, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    return (await this.#send(request, 'watch', signal)).body;
  }

  async #send(request: RestRequest, use: 'call' | 'watch', signal: AbortSignal): Promise<HttpAnswer> {
    const { connection, limiter } = this.#options;
    await limiter?.wait(signal);
    const target = await connection.target();
    const answer = await this.#exchange(request, target, use, signal);
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw await errorOf(answer);
  }

  async #exchange(
    { method, path, body, contentType }: RestRequest,
    target: Awaited<ReturnType<KubeConnection['target']>>,
    use: 'call' | 'watch',
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    const { clock, connection, metrics, timeoutMs = defaultTimeoutMs, userAgent } = this.#options;
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      ...target.headers,
      accept: 'application/json',
      'user-agent': userAgent,
      // With its length: Node.js would send the body of a DELETE without any framing.
      ...(text === undefined
        ? {}
        : { 'content-type': contentType ?? 'application/json', 'content-length': String(Buffer.byteLength(text)) }),
    };
    const agent = use === 'watch' ? target.watchAgent : target.callAgent;
    const url = `${target.server}${path}`;
    let code = '<error>';
    try {
      const request = { method, url, headers, body: text, agent, headersTimeoutMs: timeoutMs, clock };
      const answer = await exchange(request, signal);
      code = String(answer.status);
      return answer;
    } finally {
      metrics.add('rest_client_requests_total', 1, { code, method, host: connection.host });
    }
  }

  async #withTimeout<T>(parent: AbortSignal, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { clock, timeoutMs = defaultTimeoutMs } = this.#options;
    const controller = new AbortController();
    const onAbort = () => controller.abort(abortReason(parent));
    if (parent.aborted) onAbort();
    parent.addEventListener('abort', onAbort, { once: true });
    const cancel = clock.after(timeoutMs, () => {
      controller.abort(new KubeError(`no answer in ${timeoutMs} ms`, { status: 0, reason: 'Timeout' }));
    });
    try {
      return await run(controller.signal);
    } finally {
      cancel();
      parent.removeEventListener('abort', onAbort);
    }
  }
}

/** The error that an answer stands for; its `cause` is the Status, where there is one. */
async function errorOf(answer: HttpAnswer): Promise<KubeError> {
  const text = await readText(answer.body, maxErrorBytes);
  try {
    const json = parseObject(text, 'the error');
    const error = toError(json, answer);
    error.cause = json;
    return error;
  } catch {
    // Proxies and unknown paths answer in plain text.
    return toError({ message: text.trim().slice(0, 300) }, answer);
  }
}
