// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { allowedBy, authorized } from '../../testing/authorized.ts';
import { KubeDouble } from '../../testing/kube-double.ts';
import { SeededRandom } from '../../testing/seeded-random.ts';
import { AdminTokens } from '../admin-tokens.ts';
import { resources } from '../desired/resources.ts';
import type { KubeApi } from '../ports/kube-api.ts';
import { Scene } from '../reconcile/testing/scene.ts';
import { claims, clusters, pods } from '../reconcile/watched.ts';
import { EventRecorder } from '../runtime/events/event-recorder.ts';
import { LeaseClient } from '../runtime/leader/lease-client.ts';
import { RecordingLogger, RecordingMetrics } from '../runtime/testing/recorders.ts';

import { clusterRights, leaseRights, machineRights } from './rights.ts';

const minuteMs = 60_000;
const never = new AbortController().signal;

/** What a whole life of a cluster asks for. */
async function lifeOfCluster(): Promise<ReadonlySet<string>> {
  const scene = new Scene();
  const certManager = { issuerRef: { name: 'ca' } };
  await scene.want({ replicas: 4, tls: { mode: 'CertManager', certManager } });
  for (let round = 0; round < 5; round++) await scene.round();
  // Of cert-manager, which has not filled it yet.
  const annotations = { 'cert-manager.io/certificate-name': 'links-nodes-tls' };
  const metadata = { name: 'links-nodes-tls', namespace: 'default', annotations };
  await scene.kubectl.create(resources.secret, { apiVersion: 'v1', kind: 'Secret', metadata }, never);
  await scene.want({ tls: { mode: 'Managed', duration: '1h', renewBefore: '30m' } });
  for (let round = 0; round < 5; round++) await scene.round();
  await scene.kubectl.delete(resources.secret, metadata, {}, never);
  await scene.settle();
  await scene.want({ replicas: 3, image: 'shortlink/node:next', monitoring: { podMonitor: { enabled: true } } });
  await scene.settle();
  await scene.want({ storage: { size: '2Gi' }, networkPolicy: { enabled: false }, monitoring: undefined });
  await scene.settle();
  await scene.kubectl.delete(claims, { namespace: 'default', name: 'data-links-1' }, {}, never);
  await scene.kubectl.delete(pods, { namespace: 'default', name: 'links-1' }, {}, never);
  await scene.settle();
  await scene.want({ suspend: true });
  await scene.settle();
  // Certificates are renewed.
  await scene.double.run(45 * minuteMs, minuteMs);
  await scene.settle();
  expect(scene.errors).toEqual([]);
  return scene.life.asked;
}

function withRights(rights: Parameters<typeof authorized>[1]['rights']): {
  api: KubeApi;
  asked: Set<string>;
  double: KubeDouble;
} {
  const double = new KubeDouble();
  const asked = new Set<string>();
  return { api: authorized(double.connect(), { rights, asked, all: double.connect() }), asked, double };
}

async function tokens(): Promise<ReadonlySet<string>> {
  const { api, asked, double } = withRights(clusterRights);
  const scene = new Scene();
  await scene.want({});
  const cluster = await scene.settle();
  await new AdminTokens(api, double.clock).of(cluster, never);
  return asked;
}

async function events(): Promise<ReadonlySet<string>> {
  const { api, asked, double } = withRights(clusterRights);
  const { clock } = double;
  const recorder = new EventRecorder({
    api,
    reporter: { controller: 'shortlink.dev/operator', instance: 'test' },
    fieldManager: 'shortlink-operator',
    clock,
    random: new SeededRandom(1),
    metrics: new RecordingMetrics(),
    logger: new RecordingLogger(),
  });
  const stopping = new AbortController();
  const running = recorder.run(stopping.signal);
  const regarding = { ...clusters, metadata: { name: 'links', namespace: 'default', uid: 'u' } };
  recorder.record({ regarding, type: 'Normal', reason: 'Tested', action: 'Test', note: 'a test' });
  await double.run(1000);
  stopping.abort();
  await running;
  return asked;
}

async function election(): Promise<ReadonlySet<string>> {
  const { api, asked, double } = withRights(leaseRights);
  const client = new LeaseClient({
    api,
    key: { namespace: 'default', name: 'shortlink-operator' },
    identity: 'one',
    leaseDurationMs: 15_000,
    requestTimeoutMs: 5000,
    clock: double.clock,
  });
  for (let i = 0; i < 2; i++) expect(await client.acquireOrRenew(never)).toMatchObject({ outcome: 'held' });
  await client.release(never);
  return asked;
}

describe('the rights of the operator', () => {
  it('are what it asks for, all of it and nothing else', async () => {
    const asked = [await lifeOfCluster(), await tokens(), await events(), await election()].flatMap((one) => [...one]);
    const allowed = allowedBy([...clusterRights, ...machineRights, ...leaseRights]);
    expect([...new Set(asked)].toSorted()).toEqual([...allowed].toSorted());
  });

  it('are enforced in the tests as by the API server', async () => {
    const { api } = withRights(machineRights);
    await expect(api.get(pods, { namespace: 'default', name: 'links-0' }, never)).rejects.toThrow(
      'forbidden: the operator cannot get pods',
    );
  });
});
