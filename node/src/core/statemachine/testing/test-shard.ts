// SPDX-License-Identifier: Apache-2.0
import { chunkFormat } from '../../lifecycle/testing/chunk-format.ts';
import { runsOf } from '../../lifecycle/chunk-set.ts';
import type { ChunkRun } from '../../lifecycle/chunk-set.ts';
import { defined } from '@shortlink/common/assert.ts';
import { fromUtf8, utf8 } from '@shortlink/common/bytes.ts';
import { applyEntry } from '../apply.ts';
import type { CommittedEntry } from '../apply.ts';
import { codeAt } from '../code-list.ts';
import { ColdOverlay, coldRoundsMax } from '../cold-overlay.ts';
import { findExpired } from '../collect.ts';
import type { CollectExpired, Command, CommandResult, CreateLinks } from '../commands.ts';
import { encodeEntry } from '../entry-codec.ts';
import { executeRead } from '../execute-read.ts';
import { generationKey, namespaces, shardStateKey } from '../keys.ts';
import type { Namespace, ShardScope } from '../keys.ts';
import { readChunks } from '../read-lifecycle.ts';
import type { ReadOp, ReadResult } from '../reads.ts';
import { encodeShardState, initialShardState } from '../shard-state.ts';
import type { ShardState } from '../shard-state.ts';
import { StateTx } from '../state-tx.ts';
import { packCodes } from './commands.ts';
import type { ClientCommand } from './histories.ts';
import { MemoryChunks } from './memory-chunks.ts';
import { MemoryState } from './memory-state.ts';

export const testWindowMs = 10_000;

/** One replica of a shard over rows in memory: what the engine does around the state machine, in its shortest form. */
export class TestShard {
  readonly scope: ShardScope;
  readonly state: ShardState;
  readonly memory = new MemoryState();
  readonly cold = new MemoryChunks();
  timeMs = 1000;
  windowMs = testWindowMs;

  constructor(slot = 1, state: ShardState = initialShardState()) {
    this.scope = { shard: 1, slot };
    this.state = state;
  }

  /** The next entry, not applied yet. */
  entry(...commands: readonly Command[]): CommittedEntry {
    const { timeMs, windowMs } = this;
    const data = encodeEntry({ timeMs, idempotencyWindowMs: windowMs, commands });
    return { index: this.state.appliedIndex + 1, term: 1, data };
  }

  /** Applies entries in one batch of the store. */
  applyEntries(entries: readonly CommittedEntry[]): CommandResult[] {
    const tx = new StateTx(this.memory, this.scope);
    const results = entries.flatMap((entry) => applyEntry(this.state, entry, tx));
    this.memory.commit(tx);
    return results;
  }

  /** One entry of several commands. */
  applyAll(...commands: readonly Command[]): CommandResult[] {
    return this.applyEntries([this.entry(...commands)]);
  }

  apply(command: Command): CommandResult {
    return defined(this.applyAll(command)[0], 'result');
  }

  /** At the shard's time, or at a later one of the reader's clock. */
  read(operation: ReadOp, timeMs = this.state.timeMs): ReadResult {
    if (operation.type === 'lifecycle') this.memory.put(shardStateKey(this.scope), encodeShardState(this.state));
    const cold = this.state.chunkSetVersion === 0 ? undefined : new ColdOverlay();
    for (let round = 0; round <= coldRoundsMax; round++) {
      const result = executeRead(operation, {
        reader: this.memory,
        ...this.scope,
        state: { ...this.state, timeMs },
        cold,
      });
      const missing = cold?.missing ?? [];
      if (missing.length === 0) return result;
      cold?.add(
        missing,
        missing.map((need) => this.cold.answer(this.runs(), need)),
      );
    }
    throw new Error('the read does not come to an end');
  }

  /** The chunk set as readers see it. */
  runs(): ChunkRun[] {
    return runsOf(readChunks(this.memory, this.scope));
  }

  /** The command with what a leader sees in the cold tier, which it looks at before every proposal once there are chunks. */
  looked(command: ClientCommand): ClientCommand {
    const { chunkSetVersion: version } = this.state;
    if (version === 0) return command;
    const runs = this.runs();
    const sight = (namespace: Namespace, suffix: Uint8Array) => ({
      version,
      prior: this.cold.row(runs, namespace, suffix),
    });
    switch (command.type) {
      case 'createLink':
      case 'updateLink':
      case 'deleteLink':
        return { ...command, cold: sight(namespaces.link, utf8(command.code ?? '')) };
      case 'createLinks':
        return { ...command, codes: this.#notInChunks(command), coldVersion: version };
      case 'kvPut':
      case 'kvDelete':
        return { ...command, cold: sight(namespaces.kv, command.key) };
      case 'kvBatch':
        return {
          ...command,
          operations: command.operations.map((one) => ({ ...one, cold: sight(namespaces.kv, one.key) })),
        };
      default:
        return command;
    }
  }

  /** A leader draws again when a chunk has the code; here it gives up. */
  #notInChunks({ codes = new Uint8Array(0), codeLength, count }: CreateLinks): Uint8Array {
    const rows = Array.from({ length: count }, (_, row) => codeAt(codes, codeLength, row));
    const runs = this.runs();
    const free = rows.map((code) => code !== undefined && this.cold.row(runs, namespaces.link, code) === undefined);
    return packCodes(
      rows.map((code, i) => (code !== undefined && free[i] === true ? fromUtf8(code) : undefined)),
      codeLength,
    );
  }

  /** Codes whose newest rows lie in chunks. */
  coldLinks(): string[] {
    const isHot = (suffix: Uint8Array): boolean =>
      this.state.generations.some(
        ({ id }) => this.memory.get(generationKey(namespaces.link, this.scope, id, suffix)) !== undefined,
      );
    return this.cold
      .suffixes(this.runs(), namespaces.link)
      .filter((suffix) => !isHot(suffix))
      .map(fromUtf8);
  }

  findExpired(nowMs: number, limit = 100): CollectExpired[] {
    return findExpired({ reader: this.memory, ...this.scope, state: this.state, nowMs, limit });
  }

  /** Seals the active generation, as a leader does that finds it large enough; an empty one stays. */
  seal(): void {
    const { id } = defined(this.state.generations[0], 'active generation');
    this.apply({ type: 'upload', generation: id, format: chunkFormat });
  }
}
