// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, it } from 'vitest';
import { assert } from '@shortlink/common/assert.ts';
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
  /** Of all nodes. */
  readonly copies: readonly Copy[];
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
  return { left, node, copies: left.platters.map((platter) => copyOf(new FakeDisk(platter.fork()))) };
}

interface Crash {
  readonly of: 'receiver' | 'sender';
  /** Behind which step of the receiver. */
  readonly step: number;
  /** Of the records that were not synchronized. */
  readonly survives: 'nothing' | 'everything';
}

interface Installed {
  /** Steps of the receiver after which more than its live copy was there. */
  readonly staged: readonly number[];
  /** Right after the crash and a new start. */
  readonly restarted: Copy | undefined;
  readonly problems: readonly string[];
}

/** Lets the node come back, while it or whoever sends the snapshot may crash and start again. */
async function comeBack({ left, node, copies }: OneBehind, crash?: Crash): Promise<Installed> {
  const rowsByIndex = new Map(copies.map(({ index, rows }) => [index, rows]));
  const staged: number[] = [];
  let restarted: Copy | undefined;
  let steps = 0;
  const onStep = (i: number, cluster: TestCluster): void => {
    const store = cluster.engines[i]?.deps.store;
    if (store === undefined || steps === crash?.step) return;
    if (i !== node) {
      const index = appliedIndex(store, shard);
      if (!rowsByIndex.has(index)) rowsByIndex.set(index, copyOf(store).rows);
      return;
    }
    steps++;
    if (crash === undefined && strayRows(store, shard).length > 0) staged.push(steps);
    if (steps !== crash?.step) return;
    const sender = cluster.engines.findIndex(({ host }) => host.replicasByShard.get(shard)?.isLeader === true);
    const victim = crash.of === 'receiver' ? node : sender;
    assert(victim >= 0, 'somebody sends the snapshot');
    cluster.crash(victim, crash.survives === 'nothing' ? 0 : Number.MAX_SAFE_INTEGER);
    restarted = copyOf(cluster.start(victim).deps.store);
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

  it.each<Omit<Crash, 'step'>>([
    { of: 'receiver', survives: 'nothing' },
    { of: 'receiver', survives: 'everything' },
    { of: 'sender', survives: 'nothing' },
    { of: 'sender', survives: 'everything' },
  ])('of its $of, where $survives survives that was not synchronized, leaves one copy', async (crash) => {
    const first = Math.min(...staged) - 1;
    const last = Math.max(...staged) + 3;
    const found = new Set<number | undefined>();
    const problems: string[] = [];
    for (let step = first; step <= last; step++) {
      const outcome = await comeBack(behind, { ...crash, step });
      problems.push(...outcome.problems.map((problem) => `step ${step}: ${problem}`));
      found.add(outcome.restarted?.index);
    }
    expect(problems).toEqual([]);
    if (crash.of === 'sender') return;
    expect(found, 'the old copy').toContain(behind.copies[behind.node]?.index);
    expect(found.size, 'and newer ones').toBeGreaterThan(1);
  });
});
