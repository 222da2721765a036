// SPDX-License-Identifier: Apache-2.0
import { metaShardId } from '@shortlink/common/ids.ts';
import { decodeCommand, encodeCommand } from '../../src/core/statemachine/command-codec.ts';
import type { Command } from '../../src/core/statemachine/commands.ts';
import type { ClientRequest, EngineApi } from '../../src/engine/engine-api.ts';
import { decodeList, encodeList } from '../../src/engine/machines/shard-payload.ts';

/** The engine with some calls replaced. */
export function changedEngine(engine: EngineApi, changed: Partial<EngineApi>): EngineApi {
  return {
    submit: (request, answer) => engine.submit(request, answer),
    askForCopy: (node, question, answer) => engine.askForCopy(node, question, answer),
    carry: (facts, counts) => engine.carry(facts, counts),
    admin: (request, answer) => engine.admin(request, answer),
    onMap: (listener) => engine.onMap(listener),
    barrier: (shard, timeoutMs, answer) => engine.barrier(shard, timeoutMs, answer),
    ...changed,
  };
}

/** The commands of a request; none for reads and for the meta group. */
export function commandsOf({ kind, shard, payload }: ClientRequest): readonly Command[] {
  return kind === 'write' && shard !== metaShardId ? decodeList(payload, decodeCommand) : [];
}

/** The same request with other commands. */
export function withCommands(request: ClientRequest, commands: readonly Command[]): ClientRequest {
  return { ...request, payload: encodeList(commands, encodeCommand) };
}
