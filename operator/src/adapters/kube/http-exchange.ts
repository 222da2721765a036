// SPDX-License-Identifier: Apache-2.0
import http from 'node:http';
import https from 'node:https';
import type { Clock } from '../../ports/clock.ts';
import { KubeError } from '../../ports/kube-api.ts';
import { abortReason } from './abort.ts';

// As client-go does; below the idle time-outs of load balancers.
const tcpKeepAliveMs = 30_000;

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly agent: http.Agent;
  /** Until the headers of the answer have come. */
  readonly headersTimeoutMs: number;
  readonly clock: Clock;
}

export interface HttpAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  /** Ends with the request; leaving its iteration early ends the connection. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** Sends a request. @returns once the headers of the answer are there. Failures are KubeErrors of status 0, or the signal's reason. */
export async function exchange(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
  if (signal.aborted) throw abortReason(signal);
  const { method, url, headers, body, agent, headersTimeoutMs, clock } = request;
  const send = url.startsWith('http:') ? http.request : https.request;
  const outgoing = send(url, { method, headers, agent });
  const onAbort = () => outgoing.destroy(abortReason(signal));
  signal.addEventListener('abort', onAbort, { once: true });
  outgoing.on('close', () => signal.removeEventListener('abort', onAbort));
  outgoing.on('socket', (socket) => socket.setKeepAlive(true, tcpKeepAliveMs));
  const cancelTimeout = clock.after(headersTimeoutMs, () => {
    outgoing.destroy(new KubeError(`no answer in ${headersTimeoutMs} ms`, { status: 0, reason: 'Timeout' }));
  });
  try {
    const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
      // Stays for later errors too, which the body reports as well.
      outgoing.on('error', reject);
      outgoing.on('response', resolve);
      outgoing.end(body);
    });
    return {
      status: response.statusCode ?? 0,
      retryAfter: response.headers['retry-after'],
      body: bodyOf(response, signal),
    };
  } catch (error) {
    throw failureOf(error, signal);
  } finally {
    cancelTimeout();
  }
}

async function* bodyOf(response: http.IncomingMessage, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of response) {
      if (chunk instanceof Uint8Array) yield chunk;
    }
  } catch (error) {
    throw failureOf(error, signal);
  }
  // A connection that broke in the middle must never look like an end.
  if (!response.complete) throw new KubeError('the answer was cut off', { status: 0, reason: 'ECONNRESET' });
}

function failureOf(error: unknown, signal: AbortSignal): Error {
  if (signal.aborted) return abortReason(signal);
  if (error instanceof KubeError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'ConnectionError';
  const text = error instanceof Error && error.message !== '' ? error.message : code;
  return new KubeError(`the API server did not answer: ${text}`, { status: 0, reason: code }, { cause: error });
}
