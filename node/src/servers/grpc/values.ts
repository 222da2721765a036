// SPDX-License-Identifier: Apache-2.0
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { Timestamp } from '@bufbuild/protobuf/wkt';
import { ServiceError } from '@shortlink/common/errors.ts';
import { Consistency as ConsistencyMessage } from '@shortlink/proto/types.ts';
import type { Consistency } from '../../ports/shards.ts';

/** A uint64 as the number that the services use. @throws ServiceError invalid beyond 2^53 */
export function numberOf(value: bigint | undefined, field: string): number | undefined {
  if (value === undefined) return undefined;
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new ServiceError('invalid', `${field} is beyond 2^53`, { field });
  return Number(value);
}

/** Milliseconds since the epoch. @throws ServiceError invalid */
export function millisecondsOf(value: Timestamp | undefined, field: string): number | undefined {
  if (value === undefined) return undefined;
  const ms = Number(value.seconds) * 1000 + Math.floor(value.nanos / 1_000_000);
  const isValid = Number.isSafeInteger(ms) && value.nanos >= 0 && value.nanos < 1_000_000_000;
  if (!isValid) throw new ServiceError('invalid', `${field} is not a timestamp`, { field });
  return ms;
}

export function timestampOf(ms: number): Timestamp {
  return timestampFromMs(ms);
}

/** Protobuf's empty text is an absent one. */
export function textOf(value: string): string | undefined {
  return value === '' ? undefined : value;
}

export function consistencyOf(value: ConsistencyMessage): Consistency {
  if (value === ConsistencyMessage.UNSPECIFIED || value === ConsistencyMessage.LINEARIZABLE) return 'linearizable';
  if (value === ConsistencyMessage.STALE) return 'stale';
  throw new ServiceError('invalid', 'this consistency is unknown', { field: 'consistency' });
}

/** The message of a oneof of which the client chose no case. */
export function nothingAsked(field: string): ServiceError {
  return new ServiceError('invalid', `${field} is missing, or unknown to this version`, { field });
}
