// SPDX-License-Identifier: Apache-2.0
import { defined } from '@shortlink/common/assert.ts';
import { applyEntry } from '../apply.ts';
import type { CommittedEntry } from '../apply.ts';
import { findExpired } from '../collect.ts';
import type { CollectExpired, Command, CommandResult } from '../commands.ts';
import { encodeEntry } from '../entry-codec.ts';
import { executeRead } from '../execute-read.ts';
import type { ShardScope } from '../keys.ts';
import type { ReadOp, ReadResult } from '../reads.ts';
import { initialShardState } from '../shard-state.ts';
import type { ShardState } from '../shard-state.ts';
import { StateTx } from '../state-tx.ts';
import { MemoryState } from './memory-state.ts';

export const testWindowMs = 10_000;

/** One replica of a shard over rows in memory: what the engine does around the state machine, in its shortest form. */
export class TestShard {
  readonly scope: ShardScope;
  readonly state: ShardState;
  readonly memory = new MemoryState();
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
    return executeRead(operation, { reader: this.memory, ...this.scope, state: { ...this.state, timeMs } });
  }

  findExpired(nowMs: number, limit = 100): CollectExpired[] {
    return findExpired({ reader: this.memory, ...this.scope, state: this.state, nowMs, limit });
  }

  /** The first step of a generation's way to the cold tier, as apply will do it. */
  seal(): void {
    const [active, ...older] = this.state.generations;
    const { id } = defined(active, 'active generation');
    this.state.generations = [{ id: id + 1, state: 'active' }, { id, state: 'sealed' }, ...older];
  }
}
