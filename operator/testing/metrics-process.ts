// SPDX-License-Identifier: Apache-2.0
// The operator as its own process, with one cluster, over the API double: for tests that read its metrics. Prints where
// they are, and runs until it is ended.
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { KubeConfig } from '@kubernetes/client-node';
import { connectKube } from '../src/adapters/kube/connect.ts';
import { newLogger } from '../src/adapters/pino-logger.ts';
import { PromMetrics } from '../src/adapters/prom-metrics.ts';
import { systemClock } from '../src/adapters/system-clock.ts';
import { systemRandom } from '../src/adapters/system-random.ts';
import { shortLinkClusterSchema } from '../src/crd/shortlink-cluster-schema.gen.ts';
import { startHealthServer } from '../src/health-server.ts';
import { operatorMetricTables } from '../src/metric-tables.ts';
import { Operator } from '../src/operator.ts';
import { readOptions } from '../src/options.ts';
import { clusters } from '../src/reconcile/watched.ts';
import { electionIdentity, Elector } from '../src/runtime/leader/elector.ts';
import { KubeDouble } from './kube-double.ts';
import { ManualClock } from './manual-clock.ts';

const stepMs = 200;
const never = new AbortController().signal;

/** Kubernetes: its time is that of the machine, its controllers work all the while. */
async function runDouble(): Promise<KubeDouble> {
  const kind = {
    resource: clusters,
    schema: shortLinkClusterSchema,
    isStructural: true,
    hasStatus: true,
    hasGeneration: true,
  };
  const double = new KubeDouble({ clock: new ManualClock(Date.now()), kinds: [kind] });
  const { apiVersion, kind: name } = clusters;
  const metadata = { name: 'links', namespace: 'default' };
  const cluster = { apiVersion, kind: name, metadata, spec: { replicas: 3, storage: { size: '1Gi' } } };
  await double.connect().apply(clusters, cluster, { fieldManager: 'kubectl', force: true }, never);
  void (async () => {
    for (;;) {
      await double.run(stepMs, stepMs);
      await sleep(stepMs);
    }
  })();
  return double;
}

const read = readOptions(['--log.level=silent'], {});
if ('problems' in read) throw new Error(read.problems.join('\n'));
const { options } = read;
const double = await runDouble();
const prom = new PromMetrics();
const common = {
  clock: systemClock,
  random: systemRandom,
  metrics: prom.sink(operatorMetricTables.runtime),
  logger: newLogger({ level: 'silent', base: {} }),
};
const server = await startHealthServer('127.0.0.1:0', {
  sick: () => undefined,
  unready: () => undefined,
  metrics: async () => ({ contentType: prom.contentType, text: await prom.render() }),
});
const { port } = server.address() as AddressInfo;
// What the double does not have, the HTTP of the API server, is asked of somebody who knows no group of kinds.
const config = new KubeConfig();
config.loadFromClusterAndUser(
  { name: 'c', server: `http://127.0.0.1:${port}`, skipTLSVerify: true },
  { name: 'u', token: 'none' },
);
const kube = connectKube({
  config,
  clock: systemClock,
  metrics: prom.sink(operatorMetricTables.rest),
  userAgent: 'test',
});
const operator = new Operator({ ...common, options, api: double.connect(), discovery: kube.api });
const clusterMetrics = prom.sink(operatorMetricTables.clusters);
prom.beforeScrape(() => operator.publish(clusterMetrics));
void operator.follow(never);
const elector = new Elector({
  ...common,
  api: double.connect(),
  lease: { namespace: 'default', name: options['lease.name'] },
  identity: electionIdentity(options['pod.name'], systemRandom),
  onElected: (leadership) => void operator.lead(leadership, never),
  onLost: () => process.exit(1),
});
void elector.run(never);
process.stdout.write(`http://127.0.0.1:${port}\n`);
