// SPDX-License-Identifier: Apache-2.0
import { assert, defined, InvariantError } from '@shortlink/common/assert.ts';
import { ByteWriter } from '@shortlink/common/byte-writer.ts';
import { ServiceError } from '@shortlink/common/errors.ts';
import type { Revision } from '@shortlink/common/ids.ts';
import { limits } from '@shortlink/common/limits.ts';
import type { CommandResult, Dedup, KvBatch, KvDelete, KvOperation, KvPut } from '../core/statemachine/commands.ts';
import type { KvRow } from '../core/statemachine/reads.ts';
import type { MutationOptions, QueryOptions, ServiceDependencies } from './dependencies.ts';
import { requestKey, rowDedup, writeOptionalBytes, writeOptionalNumber } from './idempotency.ts';
import { rangePage, rangePages } from './kv-range.ts';
import type { KvPage, KvRange, KvPageQuery } from './kv-range.ts';
import { currentMap, shardOfCommand, shardOfKey } from './placement.ts';
import { failureOf } from './results.ts';

export interface KvValue {
  readonly row: KvRow | undefined;
  readonly shardRevision: Revision;
}

export interface KvWritten {
  readonly revision: Revision;
  /** Whether the key existed before. */
  readonly existed: boolean;
}

/** The ordered map of bytes. Failures are ServiceErrors. */
export interface KvService {
  get(key: Uint8Array, options: QueryOptions): Promise<KvValue>;
  put(put: KvPutRequest, options: MutationOptions): Promise<KvWritten>;
  delete(
    key: Uint8Array,
    options: MutationOptions & { readonly ifRevision?: Revision | undefined },
  ): Promise<KvWritten>;
  /** All or nothing; all keys must lie in one shard. The revision of the shard afterwards. */
  batch(operations: readonly KvOperation[], options: MutationOptions): Promise<Revision>;
  range(query: KvPageQuery, options: QueryOptions): Promise<KvPage>;
  /** The whole range, page by page. */
  stream(
    range: KvRange & { readonly limit?: number | undefined },
    options: QueryOptions,
  ): AsyncGenerator<readonly KvRow[]>;
}

export interface KvPutRequest {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  /** 0: the key must not exist; undefined: no condition. */
  readonly ifRevision?: Revision | undefined;
}

export function newKvService(dependencies: ServiceDependencies): KvService {
  const { shards } = dependencies;
  return {
    get: async (key, options) => {
      checkKey(key, 'key');
      const [result] = await shards.read(shardOfKey(currentMap(shards), key), [{ type: 'kvGet', key }], options);
      assert(result?.kind === 'kv', 'a row answers a read of a key');
      return { row: result.row, shardRevision: result.shardRevision };
    },
    put: async ({ key, value, ifRevision }, options) => {
      const operation: KvOperation = { key, value, ifRevision };
      checkOperation(operation, '');
      const dedup = dedupOf(dependencies, 'kvPut', { operations: [operation], options });
      return written(await write(dependencies, { type: 'kvPut', dedup, key, value, ifRevision }, options));
    },
    delete: async (key, options) => {
      const operation: KvOperation = { key, value: undefined, ifRevision: options.ifRevision };
      checkOperation(operation, '');
      const dedup = dedupOf(dependencies, 'kvDelete', { operations: [operation], options });
      return written(
        await write(dependencies, { type: 'kvDelete', dedup, key, ifRevision: options.ifRevision }, options),
      );
    },
    batch: async (operations, options) => {
      checkBatch(dependencies, operations);
      const dedup = dedupOf(dependencies, 'kvBatch', { operations, options });
      const result = await write(dependencies, { type: 'kvBatch', dedup, operations }, options);
      if (result.kind !== 'kvBatch') throw failureOf(result);
      return result.revision;
    },
    range: (query, options) => rangePage(dependencies, query, options),
    stream: (range, options) => rangePages(dependencies, range, options),
  };
}

type KvCommand = KvPut | KvDelete | KvBatch;

async function write(
  { shards }: ServiceDependencies,
  command: KvCommand,
  options: MutationOptions,
): Promise<CommandResult> {
  const shard = shardOfCommand(currentMap(shards), command);
  const results = await shards.write(shard, [command], { timeoutMs: options.timeoutMs });
  return defined(results[0], 'result of a command');
}

function written(result: CommandResult): KvWritten {
  if (result.kind === 'kv') return { revision: result.revision, existed: result.existed };
  if (result.kind === 'notFound') throw new InvariantError('a mutation of a key cannot miss it');
  throw failureOf(result);
}

interface Asked {
  readonly operations: readonly KvOperation[];
  readonly options: MutationOptions;
}

function dedupOf(
  { sha256, random }: ServiceDependencies,
  type: KvCommand['type'],
  { operations, options }: Asked,
): Dedup {
  const canonical = new ByteWriter().text(type).varint(operations.length);
  for (const { key, value, ifRevision } of operations) {
    writeOptionalNumber(writeOptionalBytes(canonical.bytes(key), value), ifRevision);
  }
  return rowDedup(sha256, requestKey(options.idempotencyKey, random), 0, canonical.finish());
}

function checkBatch({ shards }: ServiceDependencies, operations: readonly KvOperation[]): void {
  if (operations.length === 0 || operations.length > limits.kvBatchMaxOperations) {
    const message = `a batch has 1 to ${limits.kvBatchMaxOperations} operations, not ${operations.length}`;
    throw new ServiceError('invalid', message, { field: 'operations' });
  }
  const map = currentMap(shards);
  let bytes = 0;
  let shard: number | undefined;
  for (const [i, operation] of operations.entries()) {
    checkOperation(operation, `operations[${i}].`);
    bytes += operation.key.length + (operation.value?.length ?? 0);
    const owner = shardOfKey(map, operation.key);
    shard ??= owner;
    if (owner !== shard) {
      const message = `the keys of operations 0 and ${i} lie in different shards (${shard} and ${owner}); a batch is atomic within one shard only`;
      throw new ServiceError('invalid', message, { field: `operations[${i}].key` });
    }
  }
  if (bytes > limits.proposalMaxBytes / 2) {
    throw new ServiceError('tooLarge', `a batch may have ${limits.proposalMaxBytes / 2} bytes of keys and values`);
  }
}

function checkOperation({ key, value, ifRevision }: KvOperation, path: string): void {
  checkKey(key, `${path}key`);
  if (value !== undefined && value.length > limits.kvValueMaxBytes) {
    throw new ServiceError('tooLarge', `a value has at most ${limits.kvValueMaxBytes} bytes`, {
      field: `${path}value`,
    });
  }
  if (ifRevision !== undefined && !(Number.isSafeInteger(ifRevision) && ifRevision >= 0)) {
    throw new ServiceError('invalid', 'a revision is an integer from 0', { field: `${path}ifRevision` });
  }
}

function checkKey(key: Uint8Array, field: string): void {
  if (key.length > 0 && key.length <= limits.kvKeyMaxBytes) return;
  throw new ServiceError('invalid', `a key has 1 to ${limits.kvKeyMaxBytes} bytes`, { field });
}
