// SPDX-License-Identifier: Apache-2.0
import { fitsUtf8 } from '@shortlink/common/bytes.ts';
import { ServiceError } from '@shortlink/common/errors.ts';
import type { Revision } from '@shortlink/common/ids.ts';
import { limits } from '@shortlink/common/limits.ts';
import { isLinkCode } from '../core/statemachine/command-problem.ts';
import { parseDestination } from './destination.ts';
import type { DestinationPolicy } from './destination.ts';
import { notFound } from './results.ts';

export interface NewLink {
  readonly url: string;
  /** Undefined: one is generated. */
  readonly code?: string | undefined;
  /** Of a generated code; undefined: the policy's. */
  readonly codeLength?: number | undefined;
  readonly expiresAtMs?: number | undefined;
  readonly creatorId?: string | undefined;
}

export interface LinkPolicy {
  readonly destinations: DestinationPolicy;
  readonly codeLength: number;
}

/** The creator of links that name none: listing them needs a name too. */
export const anonymousCreatorId = 'anonymous';

/** 9999-12-31T23:59:59.999Z, the last moment that RFC 3339 can write. */
const latestMs = 253_402_300_799_999;

/** @throws ServiceError invalid; returns the URL as it is stored. */
export function checkUrl(url: string, policy: LinkPolicy): string {
  const destination = parseDestination(url, policy.destinations);
  if (!destination.ok) throw new ServiceError('invalid', `the URL ${destination.reason}`, { field: 'url' });
  return destination.url;
}

/**
 * A code that a new link may have. Beside what the state machine takes, its path must survive browsers and proxies:
 * they resolve `.` and `..` and join double slashes.
 */
export function checkNewCode(code: string): void {
  const problem = codeProblem(code);
  if (problem !== undefined) throw new ServiceError('invalid', `the code ${problem}`, { field: 'code' });
}

function codeProblem(code: string): string | undefined {
  if (code.length > limits.codeMaxBytes) return `is longer than ${limits.codeMaxBytes} bytes`;
  if (!isLinkCode(code)) return 'may hold letters, digits, "-", "_", "." and, inside, "/"';
  const segments = code.split('/');
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..')) {
    return 'may not have empty segments or segments "." and ".."';
  }
  return undefined;
}

/** A code that cannot exist is answered like one that does not. @throws ServiceError notFound */
export function knownCode(code: string): string {
  if (!isLinkCode(code)) throw notFound();
  return code;
}

export function checkCodeLength(length: number): void {
  const { generatedCodeMinLength: min, generatedCodeMaxLength: max } = limits;
  if (!Number.isInteger(length) || length < min || length > max) {
    throw new ServiceError('invalid', `a generated code has ${min} to ${max} characters`, { field: 'codeLength' });
  }
}

export function checkExpiry(expiresAtMs: number, nowMs: number): void {
  if (!Number.isSafeInteger(expiresAtMs) || expiresAtMs <= nowMs || expiresAtMs > latestMs) {
    throw new ServiceError('invalid', 'the expiry must lie in the future and before the year 10000', {
      field: 'expiresAt',
    });
  }
}

export function checkCreatorId(creatorId: string): void {
  const fits = creatorId.length > 0 && fitsUtf8(creatorId, limits.creatorIdMaxBytes);
  if (fits && creatorId.isWellFormed() && !/\p{Cc}/u.test(creatorId)) return;
  const message = `a creator id has 1 to ${limits.creatorIdMaxBytes} bytes and no control characters`;
  throw new ServiceError('invalid', message, { field: 'creatorId' });
}

export function checkRevision(revision: Revision | undefined): void {
  if (revision === undefined || (Number.isSafeInteger(revision) && revision >= 0)) return;
  throw new ServiceError('invalid', 'a revision is an integer from 0', { field: 'ifRevision' });
}
