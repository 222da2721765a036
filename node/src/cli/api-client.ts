// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { isRecord, textOf } from '@shortlink/common/cli/json.ts';
import { CliError, type ExitName } from '@shortlink/common/cli/exit-codes.ts';

export interface Api {
  /** Base URLs of nodes of one cluster; the next one is tried when one does not answer. */
  readonly endpoints: readonly string[];
  readonly token: string | undefined;
  /** For the whole request, with all its attempts. */
  readonly timeoutMs: number;
}

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Segments; each is escaped. */
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Attempt {
  readonly url: string;
  readonly api: Api;
  readonly request: ApiRequest;
  readonly deadline: AbortSignal;
}

const firstPauseMs = 50;
const maxPauseMs = 1000;
/** Connections that never came about, or broke: another node may do better. */
const retriedStatuses = new Set([502, 503, 504]);

/** Rounds in which every node refuses the connection before the cluster counts as down: then nobody is electing. */
const refusedRoundsMax = 3;

/**
 * Asks one node after the other until one answers or the time is over, and gives the body. Asking again is safe:
 * mutations must carry an Idempotency-Key, or be idempotent by themselves.
 * @throws CliError
 */
export async function callApi(api: Api, request: ApiRequest): Promise<unknown> {
  const deadline = AbortSignal.timeout(api.timeoutMs);
  let lastFailure = 'no node was asked';
  let refusedRounds = 0;
  for (let round = 0; !deadline.aborted && refusedRounds < refusedRoundsMax; round++) {
    let isRefused = true;
    for (const endpoint of api.endpoints) {
      const outcome = await attempt({ url: urlOf(endpoint, request), api, request, deadline });
      if ('body' in outcome) return outcome.body;
      isRefused &&= outcome.isRefused;
      if (!deadline.aborted) lastFailure = outcome.failure;
    }
    refusedRounds = isRefused ? refusedRounds + 1 : 0;
    await pause(Math.min(maxPauseMs, firstPauseMs * 2 ** round), deadline);
  }
  throw new CliError('unavailable', `the cluster does not answer: ${lastFailure}`);
}

function urlOf(endpoint: string, request: ApiRequest): string {
  const url = new URL(endpoint);
  const base = url.pathname.replace(/\/$/, '');
  url.pathname = [base, 'api', 'v1', ...request.path.map(escapeSegment)].join('/');
  for (const [name, value] of Object.entries(request.query ?? {})) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  return url.href;
}

/** @throws CliError for a segment that every URL resolves away; nothing can have such a name. */
function escapeSegment(segment: string): string {
  if (segment === '.' || segment === '..') throw new CliError('notFound', `nothing can be called ${segment}`);
  // The colon of custom methods stays readable.
  return encodeURIComponent(segment).replaceAll('%3A', ':');
}

type Outcome = { readonly body: unknown } | { readonly failure: string; readonly isRefused: boolean };

async function attempt({ url, api, request, deadline }: Attempt): Promise<Outcome> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method: request.method,
      redirect: 'error',
      signal: deadline,
      headers: headersOf(api, request),
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    });
    text = await response.text();
  } catch (error) {
    const failure = reasonOf(error);
    return { failure: `${url}: ${failure}`, isRefused: failure.includes('ECONNREFUSED') };
  }
  const body = parseBody(text);
  if (response.ok) return { body };
  const message = problemText(response.status, body);
  if (retriedStatuses.has(response.status)) return { failure: `${url}: ${message}`, isRefused: false };
  throw new CliError(exitOf(response.status), message);
}

function headersOf(api: Api, request: ApiRequest): Record<string, string> {
  return {
    accept: 'application/json',
    ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(api.token === undefined ? {} : { authorization: `Bearer ${api.token}` }),
    ...request.headers,
  };
}

function parseBody(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** What problem details (RFC 9457) say, in one line. */
function problemText(status: number, body: unknown): string {
  if (!isRecord(body)) return `the API answered ${status}`;
  const title = textOf(body['title']) ?? `the API answered ${status}`;
  const detail = textOf(body['detail']);
  const field = textOf(body['field']);
  const where = field === undefined ? '' : ` (${field})`;
  return detail === undefined || detail === title ? `${title}${where}` : `${title}: ${detail}${where}`;
}

function exitOf(status: number): ExitName {
  if (status === 404 || status === 410) return 'notFound';
  if (status === 409 || status === 412) return 'conflict';
  if (status === 400 || status === 413 || status === 422) return 'usage';
  return status === 429 ? 'unavailable' : 'failed';
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error && error.cause.message !== '' ? error.cause.message : error.message;
  return error.name === 'TimeoutError' ? 'no answer in time' : cause;
}

async function pause(ms: number, deadline: AbortSignal): Promise<void> {
  // The deadline is looked at by the loop; here it only ends the pause.
  await sleep(ms, undefined, { signal: deadline }).catch(() => undefined);
}
