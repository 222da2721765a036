// SPDX-License-Identifier: Apache-2.0
import { ServiceError } from '@shortlink/common/errors.ts';

/** What a service may take beyond its own deadline before the server answers for it. */
const graceMs = 1000;

/** The last line against a request that hangs: services end in time by themselves. */
export async function withDeadline<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new ServiceError('timeout', 'the deadline passed; the outcome is unknown'));
  }, timeoutMs + graceMs);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
