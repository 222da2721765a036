// SPDX-License-Identifier: Apache-2.0
import type { EngineApi } from '../src/engine/engine-api.ts';

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
