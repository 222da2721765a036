// SPDX-License-Identifier: Apache-2.0
import { InvariantError } from '@shortlink/common/assert.ts';
import { ServiceError } from '@shortlink/common/errors.ts';
import type { CommandResult, DeadReason } from '../core/statemachine/commands.ts';

/** The failure that a result means, for every result that is the same failure wherever it comes up. */
export function failureOf(result: CommandResult): ServiceError {
  switch (result.kind) {
    case 'taken':
      return new ServiceError('conflict', takenMessage(result.dead), { field: 'code' });
    case 'redraw':
      return new ServiceError('unavailable', 'no free code was found; try again, or ask for a longer code');
    case 'notFound':
      return notFound();
    case 'gone':
      return gone(result.reason);
    case 'revisionMismatch':
      return new ServiceError('preconditionFailed', `the revision is ${result.actual} now`, { field: 'ifRevision' });
    case 'kvBatchMismatch': {
      const message = `operation ${result.operation}: the revision of the key is ${result.actual} now; nothing was done`;
      return new ServiceError('preconditionFailed', message, { field: `operations[${result.operation}]` });
    }
    case 'idempotencyMismatch':
      return new ServiceError('idempotencyMismatch', 'the idempotency key was used with another request', {
        field: 'idempotencyKey',
      });
    default:
      throw new InvariantError(`unexpected result ${result.kind}`);
  }
}

export function notFound(): ServiceError {
  return new ServiceError('notFound', 'there is no link with this code');
}

export function gone(reason: DeadReason): ServiceError {
  return new ServiceError('gone', reason === 'deleted' ? 'the link was deleted' : 'the link has expired');
}

function takenMessage(dead: boolean): string {
  return dead ? 'the code belonged to a link that is gone, and codes are not given away twice' : 'the code is taken';
}

/** The row of an error as a ServiceError, whatever was thrown. Anything else than a ServiceError is a defect: pass it on. */
export function asServiceError(error: unknown): ServiceError {
  if (error instanceof ServiceError) return error;
  throw error;
}
