// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { ClusterMapReport, NodeReport, RingReport } from '../ports/store-api.ts';
import { mergeReports } from './merge-reports.ts';

const map = (epoch: number, nodes: readonly string[] = ['a', 'b', 'c']): ClusterMapReport => ({
  clusterId: 'cluster',
  epoch,
  ringEpoch: 1,
  shardReplicas: 3,
  nodes: nodes.map((id) => ({ id, name: `links-${id}`, zone: 'z', isDraining: false, isOut: false })),
  shards: [{ id: 1, replicas: nodes.map((nodeId) => ({ nodeId, isLearner: false })) }],
});

const ring: RingReport = {
  epoch: 4,
  operatorEpoch: 2,
  brake: '',
  nodes: ['a', 'b', 'c'].map((id) => {
    return {
      id,
      liveness: 'alive',
      isHeld: id === 'b',
      chunksHeld: 1,
      chunkBytes: 2,
      diskFreeBytes: 3,
      storeProblem: id === 'b' ? 'the store is away' : '',
    };
  }),
  chunks: { total: 5, underReplicated: 0, moving: 0 },
};

const report = (nodeId: string, change: Partial<NodeReport> = {}): NodeReport => ({
  nodeId,
  name: `links-${nodeId}`,
  version: '0.1.0',
  waitingFor: '',
  map: map(7),
  replicas: [{ shard: 1, commitIndex: 100, appliedIndex: 100, isHealthy: true }],
  leaders: [{ shard: 1, nodeId: 'a' }],
  ring,
  ...change,
});

describe('what the nodes say, together', () => {
  it('is the newest map, with the liveness of the ring', () => {
    const state = mergeReports([report('a', { map: map(6, ['a', 'b']) }), report('b'), report('c')], 7);
    expect(state).toMatchObject({ mapEpoch: 7, ringEpoch: 4, operatorEpoch: 2, clusterId: 'cluster' });
    expect(state?.nodes.map(({ id, liveness, isHeld, storeProblem }) => [id, liveness, isHeld, storeProblem])).toEqual([
      ['a', 'alive', false, undefined],
      ['b', 'alive', true, 'the store is away'],
      ['c', 'alive', false, undefined],
    ]);
  });

  it('names the versions of those that say one', () => {
    const versions = mergeReports([report('a', { version: '' }), report('b')], 7)?.nodes.map(({ version }) => version);
    expect(versions).toEqual([undefined, '0.1.0', undefined]);
  });

  it('is nothing without a leader of the meta group, or with less than was known before', () => {
    expect(mergeReports([], 0)).toBeUndefined();
    expect(mergeReports([report('a', { ring: undefined })], 0)).toBeUndefined();
    expect(mergeReports([report('a')], 8)).toBeUndefined();
    expect(mergeReports([report('a', { map: undefined })], 0)).toBeUndefined();
  });

  it('tells how far replicas are behind, and nothing of those that did not say or are sick', () => {
    const replica = { shard: 1, commitIndex: 90, appliedIndex: 80, isHealthy: true };
    const slow = report('b', { replicas: [replica] });
    expect(mergeReports([report('a'), slow], 0)?.shards[0]?.replicas.map(({ lagEntries }) => lagEntries)).toEqual([
      0,
      20,
      undefined,
    ]);
    const sick = report('b', { replicas: [{ ...replica, isHealthy: false }] });
    expect(mergeReports([report('a'), sick], 0)?.shards[0]?.replicas[1]?.lagEntries).toBeUndefined();
  });

  it('believes the leader that most follow', () => {
    const lost = report('c', { leaders: [{ shard: 1, nodeId: 'c' }] });
    expect(mergeReports([lost, report('a'), report('b')], 0)?.shards[0]?.leaderNodeId).toBe('a');
    const none = ['a', 'b'].map((id) => report(id, { leaders: [] }));
    expect(mergeReports(none, 0)?.shards[0]?.leaderNodeId).toBeUndefined();
  });

  it('believes no node about shards of which it has no replica: it remembers who answered once', () => {
    const nodes = ['a', 'b', 'c', 'd', 'e'];
    const on = (id: number, of: readonly string[]) => ({
      id,
      replicas: of.map((nodeId) => ({ nodeId, isLearner: false })),
    });
    // The meta group and shard 1 are on other nodes each, and two of the three of shard 1 are dead.
    const shards = [on(0, ['c', 'd', 'e']), on(1, ['a', 'b', 'c'])];
    const replica = (shard: number) => ({ shard, commitIndex: 1, appliedIndex: 1, isHealthy: true });
    const alive = (nodeId: string, own: readonly number[], leaders: NodeReport['leaders']): NodeReport =>
      report(nodeId, { map: { ...map(7, nodes), shards }, replicas: own.map(replica), leaders });
    const ofMeta = { shard: 0, nodeId: 'd' };
    const remembered = [ofMeta, { shard: 1, nodeId: 'a' }];
    const reports = [alive('c', [0, 1], [ofMeta]), alive('d', [0], remembered), alive('e', [0], remembered)];
    const leaders = mergeReports(reports, 0)?.shards.map(({ leaderNodeId }) => leaderNodeId);
    expect(leaders).toEqual(['d', undefined]);
    const onlyOthers = mergeReports([alive('a', [1], [{ shard: 0, nodeId: 'd' }])], 0);
    expect(onlyOthers?.shards[0]?.leaderNodeId).toBeUndefined();
  });
});
