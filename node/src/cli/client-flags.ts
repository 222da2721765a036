// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import type { OptionTable } from '@shortlink/common/options.ts';
import type { Api } from './api-client.ts';
import type { Io } from '@shortlink/common/cli/io.ts';

function checkUrl(text: string): string | undefined {
  return /^https?:\/\/[^/?#]+\/?[^?#]*$/.test(text) && URL.canParse(text) ? undefined : 'not http://host:port';
}

/** Flags of every command that prints something. */
export const outputFlags = {
  output: { kind: 'enum', values: ['table', 'json'], default: 'table', help: 'Form of the result.' },
} as const satisfies OptionTable;

/** Flags of every command that asks a cluster. */
export const clientFlags = {
  api: {
    kind: 'list',
    // The first nodes of `dev`.
    default: ['http://127.0.0.1:7500', 'http://127.0.0.1:7501', 'http://127.0.0.1:7502'],
    maxItems: 32,
    unit: 'URL,URL',
    check: checkUrl,
    help: 'HTTP APIs of nodes of the cluster; the next one is asked when one does not answer.',
  },
  token: {
    kind: 'string',
    help: 'API token; better given as the variable, which the list of processes does not show.',
  },
  timeout: { kind: 'durationMs', default: 10_000, min: 1, max: 3_600_000, help: 'Time for the whole command.' },
  ...outputFlags,
} as const satisfies OptionTable;

export function apiOf(flags: { api: readonly string[]; token: string | undefined; timeout: number }): Api {
  return { endpoints: flags.api, token: flags.token, timeoutMs: flags.timeout };
}

/** One key for all attempts of a mutation, so that an answer that got lost does not make it happen twice. */
export function idempotencyHeaders(key: string | undefined): Record<string, string> {
  return { 'idempotency-key': key ?? randomUUID() };
}

/** Prints a result: as it came, or as `table` writes it. */
export function printResult(io: Io, output: 'table' | 'json', value: unknown, table: () => string): void {
  io.out(output === 'json' ? JSON.stringify(value ?? {}, null, 2) : table());
}
