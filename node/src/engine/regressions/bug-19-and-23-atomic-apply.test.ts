// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { FakeBatch } from '../../../sim/disk.ts';
import type { FakeDisk } from '../../../sim/disk.ts';
import { confChangeV1 } from '../../core/raft/conf-change.ts';
import type { KvEngine } from '../../ports/kv-engine.ts';
import { CrashCluster, storeOver } from './testing/crash-cluster.ts';
import type { CrashClusterOptions } from './testing/crash-cluster.ts';

/** Puts every row into a batch of its own: what a store without atomic batches would do. */
function rowByRow(disk: FakeDisk): KvEngine {
  const batches = new WeakMap<object, FakeBatch[]>();
  return storeOver(disk, {
    batch: () => {
      const rows: FakeBatch[] = [];
      const whole = disk.batch();
      const add = (fill: (batch: FakeBatch) => void): void => {
        const row = disk.batch();
        fill(row);
        rows.push(row);
      };
      const split = {
        put: (...[column, key, value]: Parameters<FakeBatch['put']>) => add((row) => row.put(column, key, value)),
        delete: (...[column, key]: Parameters<FakeBatch['delete']>) => add((row) => row.delete(column, key)),
        get count() {
          return rows.length;
        },
      };
      batches.set(split, rows);
      whole.take();
      return split;
    },
    write: (batch, options) => {
      for (const row of batches.get(batch) ?? []) disk.write(row, options);
    },
  });
}

const learner = 77;

const stages = ['a', 'b', 'learner'] as const;

/** Does `count` of the stages, cuts the power after so many records, and compares what is left with the applied index. */
async function apartAfter(count: number, keep: number, options: CrashClusterOptions): Promise<Outcome> {
  const cluster = await new CrashCluster(options).form();
  const indexes = new Map<string, number>();
  for (const stage of stages.slice(0, count)) {
    if (stage === 'learner') {
      cluster.replica(0).raw.proposeConfChange(confChangeV1('addLearnerNode', learner));
      cluster.engine(0).host.activate(cluster.replica(0));
      await cluster.run(1);
    } else await cluster.created(0, stage);
    indexes.set(stage, cluster.replica(0).machine.appliedIndex);
  }
  const records = cluster.platters[0]?.unsyncedRecords ?? 0;
  cluster.crash(0, keep);
  cluster.start(0);
  const { appliedIndex, confState } = cluster.replica(0).machine;
  const has = (stage: string): boolean =>
    stage === 'learner' ? confState.learners.includes(learner) : cluster.holds(0, stage);
  const apart = [...indexes].filter(([stage, index]) => has(stage) !== index <= appliedIndex).map(([stage]) => stage);
  return { records, apart, appliedIndex };
}

interface Outcome {
  readonly records: number;
  readonly apart: readonly string[];
  readonly appliedIndex: number;
}

async function atEveryRecord(options: CrashClusterOptions): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (let count = 1; count <= stages.length; count++) {
    const { records } = await apartAfter(count, 0, options);
    for (let keep = 0; keep <= records; keep++) outcomes.push(await apartAfter(count, keep, options));
  }
  return outcomes;
}

describe('bug 23 (etcd#13766) and bug 19 (dragonboat#187): effects, applied index and configuration', () => {
  it('are on the disk together, wherever a power failure cuts the log', async () => {
    const outcomes = await atEveryRecord({});
    expect(outcomes.flatMap(({ apart }) => apart)).toEqual([]);
    // The cuts did take something back.
    expect(new Set(outcomes.map(({ appliedIndex }) => appliedIndex)).size).toBeGreaterThan(stages.length);
  });

  it('would be found apart if the store wrote them one by one', async () => {
    const outcomes = await atEveryRecord({ wrapStore: rowByRow });
    expect(new Set(outcomes.flatMap(({ apart }) => apart))).toEqual(new Set(['a', 'b']));
  });
});
