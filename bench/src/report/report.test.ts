// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { ratioOf, typicalRound, type Comparison, type Round } from './comparison.ts';
import { longestMount } from './machine.ts';
import { renderComparisons } from './text.ts';

const round = (opsPerSecond: number, more: Partial<Round> = {}): Round => ({
  opsPerSecond,
  p50Ms: 1,
  p99Ms: 2,
  failures: 0,
  serverCores: undefined,
  loadCores: undefined,
  ...more,
});
const contender = (name: string, rounds: readonly Round[]) => ({ name, durable: 'fsync', clients: 'streams', rounds });
const comparison: Comparison = {
  workload: 'durable create',
  clients: 256,
  ours: contender('shortlink', [round(9000), round(3000), round(6000)]),
  peer: contender('etcd 3', [round(1000), round(4000), round(2000)]),
  aim: 1.5,
};
const machine = { cpus: 2, cpuModel: 'cpu', system: 'Linux', node: '24', fileSystem: 'ext4', loadAverage: 0.25 };

describe('the report', () => {
  test('takes medians of rounds, all failures, and the ratio of the medians', () => {
    const rounds = [round(1, { failures: 2, serverCores: 0.5 }), round(5, { failures: 1 }), round(3)];
    expect(typicalRound(rounds)).toMatchObject({
      opsPerSecond: 3,
      failures: 3,
      serverCores: 0.5,
      loadCores: undefined,
    });
    expect(ratioOf(comparison)).toBe(3);
  });

  test('prints both contenders, the ratio beside ours, and what was durable', () => {
    const text = renderComparisons([comparison], machine);
    expect(text).toMatch(/durable create +256 +shortlink +6,000 +1\.00 +2\.00 +- +- +- +0 +3\.00 +≥ 1\.5\n/);
    expect(text).toMatch(/durable create +256 +etcd 3 +2,000 .*0\n/);
    expect(text).toContain('etcd 3: answered after fsync; streams');
  });

  test('has no ratio without a peer', () => {
    const alone = { ...comparison, peer: undefined };
    expect(ratioOf(alone)).toBeUndefined();
    expect(renderComparisons([alone], machine)).not.toContain('etcd');
  });

  test('names the file system of the innermost mount', () => {
    const mounts = '/dev/a / ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\n/dev/b /tmp/x xfs rw 0 0\n';
    expect(longestMount(mounts, '/tmp/y')).toBe('tmpfs');
    expect(longestMount(mounts, '/tmp/x/data')).toBe('xfs');
    expect(longestMount(mounts, '/tmpx')).toBe('ext4');
  });
});
