// SPDX-License-Identifier: Apache-2.0
import type { LinkInput, LinkOutput } from '../checkers/models/link.ts';

const callTimeoutMs = 10_000;

/** Where links are written and followed: a node, or what stands before several. */
export interface LinksTarget {
  readonly api: string;
  readonly redirect: string;
  /** Of requests to the API: who asks. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * One operation on a link through the HTTP API or the redirect listener; 'unknown' when nobody can say what it did, and then
 * `tell` hears why. `headers`: of this request to the API.
 */
export async function callLink(
  node: LinksTarget,
  input: LinkInput,
  headers: Readonly<Record<string, string>> = {},
  tell: (reason: string) => void = () => {},
): Promise<LinkOutput | 'unknown'> {
  try {
    const answer = await answerOf({ ...node, headers: { ...node.headers, ...headers } }, input);
    if (!isStatus(answer)) return answer;
    tell(`status ${answer.status}`);
  } catch (error) {
    tell(reasonOf(error));
  }
  return 'unknown';
}

/** What a failed request says, with what lies behind it. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

/** The status of an answer that says nothing of the link. */
interface Status {
  readonly status: number;
}

function isStatus(answer: LinkOutput | Status): answer is Status {
  return 'status' in answer;
}

export async function createLink(
  node: LinksTarget,
  body: Readonly<Record<string, unknown>>,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${node.api}/api/v1/links`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...node.headers, ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(callTimeoutMs),
  });
}

/** Follows nothing: the status and where the redirect listener points. */
export async function visit(
  node: LinksTarget,
  code: string,
): Promise<{ readonly status: number; readonly location: string | null }> {
  const response = await fetch(`${node.redirect}/${code}`, {
    redirect: 'manual',
    signal: AbortSignal.timeout(callTimeoutMs),
  });
  await response.arrayBuffer();
  return { status: response.status, location: response.headers.get('location') };
}

async function answerOf(node: LinksTarget, input: LinkInput): Promise<LinkOutput | Status> {
  switch (input.f) {
    case 'create': {
      const response = await createLink(node, { url: input.value, code: input.key });
      await response.arrayBuffer();
      if (response.status === 201) return { result: 'ok' };
      return response.status === 409 ? { result: 'conflict' } : { status: response.status };
    }
    case 'get': {
      const { status, location } = await visit(node, input.key);
      if (status === 302 && location !== null) return { result: 'ok', value: location };
      return deadOrStatus(status);
    }
    case 'update':
      return change(node, input.key, { method: 'PATCH', body: JSON.stringify({ url: input.value }) });
    case 'delete':
      return change(node, input.key, { method: 'DELETE' });
  }
}

async function change(
  node: LinksTarget,
  code: string,
  request: { readonly method: string; readonly body?: string },
): Promise<LinkOutput | Status> {
  const response = await fetch(`${node.api}/api/v1/links/${code}`, {
    ...request,
    headers: { ...(request.body === undefined ? {} : { 'content-type': 'application/json' }), ...node.headers },
    signal: AbortSignal.timeout(callTimeoutMs),
  });
  await response.arrayBuffer();
  if (response.ok) return { result: 'ok' };
  return deadOrStatus(response.status);
}

function deadOrStatus(status: number): LinkOutput | Status {
  if (status === 404) return { result: 'absent' };
  return status === 410 ? { result: 'gone' } : { status };
}
