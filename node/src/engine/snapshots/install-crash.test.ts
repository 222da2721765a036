// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, it } from 'vitest';
import { defined } from '@shortlink/common/assert.ts';
import { utf8 } from '@shortlink/common/bytes.ts';
import { FakeDisk } from '../../../sim/disk.ts';
import type { KvEngine } from '../../ports/kv-engine.ts';
import { LifeCluster } from '../chunks/testing/life-stages.ts';
import type { Left } from '../chunks/testing/life-stages.ts';
import { write } from '../testing/engine-client.ts';
import { appliedIndex, liveRows, strayRows } from '../testing/shard-rows.ts';
import type { TestCluster } from '../testing/test-cluster.ts';

const shard = 1;
/** More than one message of a snapshot takes. */
const values = { count: 2, bytes: 140_000 };

interface OneBehind {
  readonly left: Left;
  readonly node: number;
  readonly old: Copy;
}

/** A live copy of the shard, and what lies beside it. */
interface Copy {
  readonly index: number;
  readonly rows: string;
  readonly strays: readonly string[];
}

function copyOf(store: KvEngine): Copy {
  return {
    index: appliedIndex(store, shard),
    rows: liveRows(store, shard).join('\n'),
    strays: strayRows(store, shard),
  };
}

/** Nodes of which one is behind: a generation was retired and another one sealed without it, and the log is too short for it. */
async function oneBehind(): Promise<OneBehind> {
  const life = await LifeCluster.start();
  await life.advance('placed');
  const behind = life.follower;
  life.leave(behind, false);
  await life.advance('retired');
  await life.load();
  await life.seal();
  for (let i = 0; i < values.count; i++) {
    const dedup = { key: new Uint8Array(16).fill(100 + i), fingerprint: new Uint8Array(8) };
    const value = new Uint8Array(values.bytes).fill(i);
    const key = utf8(`large${i}`);
    await write(life.chunks.cluster, life.leader.engine, { type: 'kvPut', dedup, key, value, ifRevision: undefined });
  }
  await life.compact();
  const left = await life.end();
  const node = life.chunks.nodes.indexOf(behind);
  const old = copyOf(new FakeDisk(defined(left.platters[node], 'platter').fork()));
  return { left, node, old };
}

interface Crash {
  /** Behind which step of the node that is behind. */
  readonly step: number;
  /** Records that survive of those that were not synchronized. */
  readonly keep: number;
}

interface Installed {
  /** Steps of the node after which more than its live copy was there. */
  readonly staged: readonly number[];
  /** Right after the crash and a new start. */
  readonly restarted: Copy | undefined;
  readonly problems: readonly string[];
}

/** Lets the node come back, and maybe crash and start again on its way. */
async function comeBack({ left, node, old }: OneBehind, crash?: Crash): Promise<Installed> {
  const rowsByIndex = new Map([[old.index, old.rows]]);
  const staged: number[] = [];
  let restarted: Copy | undefined;
  let steps = 0;
  const onStep = (i: number, cluster: TestCluster): void => {
    const store = cluster.engines[i]?.deps.store;
    if (store === undefined || (i === node && steps === crash?.step)) return;
    if (i !== node) {
      const index = appliedIndex(store, shard);
      if (!rowsByIndex.has(index)) rowsByIndex.set(index, copyOf(store).rows);
      return;
    }
    steps++;
    if (crash === undefined && strayRows(store, shard).length > 0) staged.push(steps);
    if (steps !== crash?.step) return;
    cluster.crash(node, crash.keep);
    restarted = copyOf(cluster.start(node).deps.store);
  };
  const life = await LifeCluster.open(left, onStep);
  const problems: string[] = [];
  if (restarted !== undefined) {
    if (rowsByIndex.get(restarted.index) !== restarted.rows) problems.push('a mixture');
    if (restarted.strays.length > 0) problems.push('leftovers after the start');
  }
  const back = life.chunks.restarted(node);
  await life.caughtUp(back);
  const after = copyOf(back.engine.deps.store);
  if (after.rows !== copyOf(life.leader.engine.deps.store).rows) problems.push('other rows than the leader');
  if (after.strays.length > 0) problems.push('leftovers after the install');
  if ((await life.misread(back)).length > 0) problems.push('links that are not found');
  if (crash !== undefined && restarted === undefined) problems.push('no crash');
  return { staged, restarted, problems };
}

describe('C9 and CL-I15: a crash in the middle of an install', () => {
  let behind: OneBehind;
  let staged: readonly number[] = [];
  beforeAll(async () => {
    behind = await oneBehind();
    ({ staged } = await comeBack(behind));
  });

  it('can be behind each of many steps', () => {
    expect(staged.length).toBeGreaterThan(10);
  });

  it.each([
    ['loses', 0],
    ['keeps', Number.MAX_SAFE_INTEGER],
  ])('that %s what was not synchronized leaves the old copy or the new one, whichever step it was', async (_, keep) => {
    const first = Math.min(...staged) - 1;
    const last = Math.max(...staged) + 3;
    const found = new Set<string>();
    const problems: string[] = [];
    for (let step = first; step <= last; step++) {
      const outcome = await comeBack(behind, { step, keep });
      problems.push(...outcome.problems.map((problem) => `step ${step}: ${problem}`));
      found.add(outcome.restarted?.index === behind.old.index ? 'old' : 'new');
    }
    expect(problems).toEqual([]);
    expect(found).toEqual(new Set(['old', 'new']));
  });
});
