// SPDX-License-Identifier: Apache-2.0
import { assert, unreachable } from '@shortlink/common/assert.ts';
import { drawnCodes } from './code-list.ts';
import type { Command } from './commands.ts';
import { linkSuffix, namespaces } from './keys.ts';

/** A row that is looked up by its key. */
export interface PointRow {
  readonly namespace: typeof namespaces.link | typeof namespaces.kv;
  readonly suffix: Uint8Array;
}

/** The links and keys that applying a command may look at or change. Rows of indexes follow from those of links. */
export function rowsOfCommand(command: Command): readonly PointRow[] {
  switch (command.type) {
    case 'createLink':
      assert(command.code !== undefined, 'createLink was applied without a code');
      return [linkRow(command.code)];
    case 'createLinks':
      return drawnCodes(command).map((suffix) => ({ namespace: namespaces.link, suffix }));
    case 'updateLink':
    case 'deleteLink':
    case 'collectExpired':
      return [linkRow(command.code)];
    case 'kvPut':
    case 'kvDelete':
      return [{ namespace: namespaces.kv, suffix: command.key }];
    case 'kvBatch':
      return command.operations.map(({ key }) => ({ namespace: namespaces.kv, suffix: key }));
    case 'stateHashCheck':
    case 'upload':
    case 'digest':
    case 'exported':
    case 'readback':
    case 'redistribute':
    case 'holdings':
    case 'retire':
    case 'forget':
    case 'merge':
    case 'merged':
    case 'replace':
    case 'mergeAbandoned':
      return [];
    default:
      return unreachable(command);
  }
}

function linkRow(code: string): PointRow {
  return { namespace: namespaces.link, suffix: linkSuffix(code) };
}
