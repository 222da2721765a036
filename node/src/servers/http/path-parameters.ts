// SPDX-License-Identifier: Apache-2.0
import { ServiceError } from '@shortlink/common/errors.ts';
import type { ShardId } from '@shortlink/common/ids.ts';
import type { ApiRequest } from './route.ts';

/** The shard that the path names. @throws ServiceError invalid */
export function shardOf({ params }: ApiRequest): ShardId {
  return parseShardId(params[0] ?? '', 'id');
}

/** @throws ServiceError invalid */
export function parseShardId(text: string, field: string): ShardId {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new ServiceError('invalid', 'the id of a shard is an integer', { field });
}
