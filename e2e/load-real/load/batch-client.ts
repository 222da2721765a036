// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { InputLink } from '../input/url-stream.ts';

export type RowResult =
  | { readonly kind: 'created'; readonly code: string; readonly url: string }
  /** The API does not take this as a link; `reason` is its sentence. */
  | { readonly kind: 'refused'; readonly reason: string };

interface Attempt {
  readonly results: readonly RowResult[];
  /** Why the batch has to be sent again; undefined when it is done. */
  readonly trouble: string | undefined;
}

const maxAttempts = 8;
const firstPauseMs = 100;
const timeoutMs = 60_000;

/**
 * Creates one batch. Rows may fail for a while, or the answer may be lost: the same batch is then sent again under the
 * same idempotency key, which gives rows that exist their first answer.
 * @throws Error when that does not help.
 */
export async function createBatch(api: string, links: readonly InputLink[]): Promise<readonly RowResult[]> {
  const request = {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID() },
    body: JSON.stringify({ links }),
  };
  let trouble = '';
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    if (attempt > 0) await sleep(firstPauseMs * 2 ** (attempt - 1));
    const outcome = await send(`${api}/api/v1/links:batch`, request, links.length);
    if (outcome.trouble === undefined) return outcome.results;
    trouble = outcome.trouble;
  }
  throw new Error(`a batch failed ${maxAttempts} times: ${trouble}`);
}

async function send(url: string, request: RequestInit, rows: number): Promise<Attempt> {
  try {
    const response = await fetch(url, { ...request, signal: AbortSignal.timeout(timeoutMs) });
    const text = await response.text();
    if (response.status === 200) return readResults(text, rows);
    const trouble = `${response.status} ${text.slice(0, 300)}`;
    if (response.status < 500 && response.status !== 429) throw new RefusedBatch(trouble);
    return { results: [], trouble };
  } catch (error) {
    if (error instanceof RefusedBatch) throw error;
    return { results: [], trouble: error instanceof Error ? error.message : String(error) };
  }
}

/** The API will not take the batch, however often it is sent. */
class RefusedBatch extends Error {}

/** Reads the answer to a batch. @throws Error when it is not of the documented form. */
export function readResults(text: string, rows: number): Attempt {
  const answer = JSON.parse(text) as { readonly results: readonly WireResult[] };
  if (answer.results.length !== rows) throw new RefusedBatch(`${answer.results.length} results for ${rows} links`);
  const results: RowResult[] = [];
  for (const { status, link, error } of answer.results) {
    if (status === 201 && link !== undefined) results.push({ kind: 'created', code: link.code, url: link.url });
    else if (status === 422) results.push({ kind: 'refused', reason: error?.detail ?? 'no reason given' });
    else return { results: [], trouble: `a row answered ${status} ${error?.detail ?? ''}` };
  }
  return { results, trouble: undefined };
}

interface WireResult {
  readonly status: number;
  readonly link?: { readonly code: string; readonly url: string };
  readonly error?: { readonly detail?: string };
}
