// SPDX-License-Identifier: Apache-2.0
import { assert, defined } from '@shortlink/common/assert.ts';
import { utf8 } from '@shortlink/common/bytes.ts';
import { codeAtFraction } from './code-space.ts';
import type { Command } from './commands.ts';

/**
 * The point of the key space that a hash picks, in the shape of a generated code of `length` digits: uniform over those
 * codes, so that the shard which owns the point has codes of that length to draw, in proportion to its range.
 */
export function routingPoint(hash: Uint8Array, length: number): Uint8Array {
  assert(hash.length > 0 && length > 0, `routing point of ${length} digits from ${hash.length} bytes`);
  return utf8(codeAtFraction(hash, length));
}

/** What decides the shard of a command; undefined for the ones that a shard's leader proposes to itself. */
export function routingKeyOf(command: Command): Uint8Array | undefined {
  switch (command.type) {
    case 'createLink':
      return command.code === undefined ? routingPoint(command.dedup.key, command.codeLength) : utf8(command.code);
    case 'createLinks':
      return routingPoint(command.dedup.key, command.codeLength);
    case 'updateLink':
    case 'deleteLink':
      return utf8(command.code);
    case 'kvPut':
    case 'kvDelete':
      return command.key;
    case 'kvBatch':
      return defined(command.operations[0], 'operation of a batch').key;
    default:
      return undefined;
  }
}
