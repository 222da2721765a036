// SPDX-License-Identifier: Apache-2.0
import type { LinkInput, LinkOutput } from '../checkers/models/link.ts';
import type { TestNode } from './test-node.ts';

const callTimeoutMs = 10_000;

/** One operation on a link through a node's HTTP API or redirect listener; 'unknown' when nobody can say what it did. */
export async function callLink(node: TestNode, input: LinkInput): Promise<LinkOutput | 'unknown'> {
  try {
    return await answerOf(node, input);
  } catch {
    return 'unknown';
  }
}

export async function createLink(
  node: TestNode,
  body: Readonly<Record<string, unknown>>,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${node.api}/api/v1/links`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(callTimeoutMs),
  });
}

/** Follows nothing: the status and where the redirect listener points. */
export async function visit(
  node: TestNode,
  code: string,
): Promise<{ readonly status: number; readonly location: string | null }> {
  const response = await fetch(`${node.redirect}/${code}`, {
    redirect: 'manual',
    signal: AbortSignal.timeout(callTimeoutMs),
  });
  await response.arrayBuffer();
  return { status: response.status, location: response.headers.get('location') };
}

async function answerOf(node: TestNode, input: LinkInput): Promise<LinkOutput | 'unknown'> {
  switch (input.f) {
    case 'create': {
      const response = await createLink(node, { url: input.value, code: input.key });
      await response.arrayBuffer();
      if (response.status === 201) return { result: 'ok' };
      return response.status === 409 ? { result: 'conflict' } : 'unknown';
    }
    case 'get': {
      const { status, location } = await visit(node, input.key);
      if (status === 302 && location !== null) return { result: 'ok', value: location };
      return deadOrUnknown(status);
    }
    case 'update':
      return change(node, input.key, { method: 'PATCH', body: JSON.stringify({ url: input.value }) });
    case 'delete':
      return change(node, input.key, { method: 'DELETE' });
  }
}

async function change(
  node: TestNode,
  code: string,
  request: { readonly method: string; readonly body?: string },
): Promise<LinkOutput | 'unknown'> {
  const response = await fetch(`${node.api}/api/v1/links/${code}`, {
    ...request,
    headers: request.body === undefined ? {} : { 'content-type': 'application/json' },
    signal: AbortSignal.timeout(callTimeoutMs),
  });
  await response.arrayBuffer();
  if (response.ok) return { result: 'ok' };
  return deadOrUnknown(response.status);
}

function deadOrUnknown(status: number): LinkOutput | 'unknown' {
  if (status === 404) return { result: 'absent' };
  return status === 410 ? { result: 'gone' } : 'unknown';
}
