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

describe('a founder that lost its disk', () => {
  /** One node that formed a cluster alone, and two that joined it. */
  async function grown(): Promise<TestCluster> {
    const cluster = await formedCluster(1);
    cluster.start(1);
    cluster.start(2);
    await cluster.until('three voters', () => {
      const map = engineAt(cluster, 0).volume.map;
      return map?.meta.filter(({ role }) => role === 'voter').length === 3;
    });
    await cluster.stop(0);
    cluster.platters[0] = new FakePlatter();
    return cluster;
  }

  it('asks who came later before it founds another cluster alone', async () => {
    const cluster = await grown();
    cluster.start(0, { joinAddresses: ['n0:1', 'n1:1', 'n2:1'] });
    await cluster.until('the new node', () => engineAt(cluster, 0).volume.clusterId !== undefined);
    expect(engineAt(cluster, 0).volume.clusterId).toBe(engineAt(cluster, 1).volume.clusterId);
  });

  it('founds nothing once the list of initial nodes is empty', async () => {
    const cluster = await grown();
    const addresses = ['n1:1', 'n2:1'];
    for (const i of [1, 2]) cluster.network.cut(engineAt(cluster, i).nodeId);
    cluster.start(0, { initialNodes: [], joinAddresses: addresses });
    await cluster.run(100);
    expect(engineAt(cluster, 0).volume.clusterId).toBeUndefined();
    for (const i of [1, 2]) cluster.network.heal(engineAt(cluster, i).nodeId);
    await cluster.until('the new node', () => engineAt(cluster, 0).volume.clusterId !== undefined);
    expect(engineAt(cluster, 0).volume.clusterId).toBe(engineAt(cluster, 1).volume.clusterId);
  });
});

describe('the zone of a node', () => {
  const zones = (cluster: TestCluster) => engineAt(cluster, 0).volume.map?.nodes.map(({ name, zone }) => [name, zone]);

  it('may become known after the cluster has formed', async () => {
    const cluster = new TestCluster(3, { zone: undefined });
    await cluster.until('formation', () => cluster.engines.every((engine) => engine.health().writable));
    expect(zones(cluster)?.map(([, zone]) => zone)).toEqual(['', '', '']);
    engineAt(cluster, 1).self.useZone('east');
    await cluster.until(
      'the zone',
      () => zones(cluster)?.some(([name, zone]) => name === 'n1' && zone === 'east') === true,
    );
  });

  it('stays what the cluster lists when a restarted node does not know it', async () => {
    const cluster = await formedCluster(3, { zone: 'west' });
    await cluster.stop(2);
    cluster.start(2, { zone: undefined });
    await cluster.run(50);
    expect(zones(cluster)?.map(([, zone]) => zone)).toEqual(['west', 'west', 'west']);
  });
});
