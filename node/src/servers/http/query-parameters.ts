// SPDX-License-Identifier: Apache-2.0
import { ServiceError } from '@shortlink/common/errors.ts';

/** Refuses what a client misspelt instead of ignoring it. @throws ServiceError invalid */
export function checkQueryNames(query: URLSearchParams, names: readonly string[]): void {
  for (const name of query.keys()) {
    if (names.includes(name) && query.getAll(name).length === 1) continue;
    throw new ServiceError('invalid', `the parameter ${name} is unknown or given twice`, { field: name });
  }
}

/** @throws ServiceError invalid */
export function limitOf(query: URLSearchParams, fallback: number): number {
  const limit = query.get('limit');
  if (limit === null) return fallback;
  if (/^\d{1,6}$/.test(limit)) return Number(limit);
  throw new ServiceError('invalid', 'limit is not an integer', { field: 'limit' });
}
