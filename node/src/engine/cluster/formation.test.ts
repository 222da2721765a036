// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { FakePlatter } from '../../../sim/disk.ts';
import { engineAt, formedCluster } from '../testing/engine-client.ts';
import { TestCluster } from '../testing/test-cluster.ts';

const reason = 'formation is refused: the bucket holds cluster X';

describe('where another cluster has left its manifests', () => {
  it('no cluster forms, and every node says why', async () => {
    const cluster = new TestCluster(3);
    cluster.refusal = reason;
    await cluster.run(100);
    for (const engine of cluster.engines) {
      expect(engine.volume.clusterId).toBeUndefined();
      expect(engine.health()).toMatchObject({ ready: false, waitingFor: reason });
    }
  });

  it('one forms as soon as there is room', async () => {
    const cluster = new TestCluster(3);
    cluster.refusal = reason;
    await cluster.run(30);
    cluster.refusal = undefined;
    await cluster.until('formation', () => cluster.engines.every((engine) => engine.health().writable));
  });

  it('a member that lost its disk still joins its cluster', async () => {
    const cluster = await formedCluster(3);
    cluster.refusal = reason;
    await cluster.stop(2);
    cluster.platters[2] = new FakePlatter();
    cluster.start(2);
    await cluster.until('the new node', () => engineAt(cluster, 2).volume.clusterId !== undefined);
    expect(engineAt(cluster, 2).volume.clusterId).toBe(engineAt(cluster, 0).volume.clusterId);
  });
});
