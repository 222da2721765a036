// SPDX-License-Identifier: Apache-2.0
import type { OptionTable } from '@shortlink/common/options.ts';
import { objectStoreOptions } from '../config/object-store-options.ts';
import { ObjectStoreError } from '../ports/object-store.ts';
import { CliError } from '@shortlink/common/cli/exit-codes.ts';

/** Flags of every command that asks an object store itself. */
export const objectStoreFlags = {
  endpoint: objectStoreOptions['objectStore.endpoint'],
  region: objectStoreOptions['objectStore.region'],
  'path-style': objectStoreOptions['objectStore.pathStyle'],
  'credentials-file': objectStoreOptions['objectStore.credentialsFile'],
  timeout: { kind: 'durationMs', default: 60_000, min: 100, max: 3_600_000, help: 'Time for each call of the store.' },
} as const satisfies OptionTable;

export function objectStoreSettings(
  url: string,
  flags: {
    readonly endpoint: string;
    readonly region: string;
    readonly 'path-style': 'auto' | 'true' | 'false';
    readonly 'credentials-file': string;
  },
) {
  const { endpoint, region } = flags;
  return { url, endpoint, region, pathStyle: flags['path-style'], credentialsFile: flags['credentials-file'] };
}

/** What a failed call means to whoever ran the command; everything else as it is. */
export function objectStoreProblem(error: unknown): unknown {
  if (!(error instanceof ObjectStoreError)) return error;
  const exit = error.retryable ? 'unavailable' : 'failed';
  return new CliError(error.kind === 'invalid' ? 'usage' : exit, error.message, { cause: error });
}
