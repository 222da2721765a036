// SPDX-License-Identifier: Apache-2.0
import { metaShardId } from '@shortlink/common/ids.ts';
import { decodeCommand, encodeCommand } from '../../src/core/statemachine/command-codec.ts';
import type { Command } from '../../src/core/statemachine/commands.ts';
import type { ClientRequest } from '../../src/engine/engine-api.ts';
import { decodeList, encodeList } from '../../src/engine/machines/shard-payload.ts';

/** The commands of a request; none for reads and for the meta group. */
export function commandsOf({ kind, shard, payload }: ClientRequest): readonly Command[] {
  return kind === 'write' && shard !== metaShardId ? decodeList(payload, decodeCommand) : [];
}

/** The same request with other commands. */
export function withCommands(request: ClientRequest, commands: readonly Command[]): ClientRequest {
  return { ...request, payload: encodeList(commands, encodeCommand) };
}
