// SPDX-License-Identifier: Apache-2.0
import { connectKube } from './adapters/kube/connect.ts';
import { newLogger } from './adapters/pino-logger.ts';
import { PromMetrics } from './adapters/prom-metrics.ts';
import { systemClock } from './adapters/system-clock.ts';
import { systemRandom } from './adapters/system-random.ts';
import { startHealthServer } from './health-server.ts';
import { operatorMetricTables } from './metric-tables.ts';
import { Operator } from './operator.ts';
import { readOptions } from './options.ts';
import type { OperatorOptions } from './options.ts';
import { electionIdentity, Elector } from './runtime/leader/elector.ts';

/** Others lead now, or nobody knows: this process must not act any more. */
const exitLost = 1;
const exitBadOptions = 2;

const read = readOptions(process.argv.slice(2), process.env);
if ('problems' in read) {
  for (const problem of read.problems) process.stderr.write(`shortlink-operator: ${problem}\n`);
  process.exitCode = exitBadOptions;
} else {
  await run(read.options);
}

/** Until SIGTERM or SIGINT: reconciliations end first, then the lease is released. */
async function run(options: OperatorOptions): Promise<void> {
  const logger = newLogger({ level: options['log.level'], base: { pod: options['pod.name'] } });
  const prom = new PromMetrics();
  const metrics = prom.sink(operatorMetricTables.runtime);
  const common = { clock: systemClock, random: systemRandom, metrics, logger };
  const kube = connectKube({
    clock: systemClock,
    metrics: prom.sink(operatorMetricTables.rest),
    userAgent: 'shortlink-operator',
  });
  const operator = new Operator({ ...common, options, api: kube.api, discovery: kube.api });
  const clusterMetrics = prom.sink(operatorMetricTables.clusters);
  prom.beforeScrape(() => operator.publish(clusterMetrics));
  const stopping = new AbortController();
  const acting = new AbortController();
  const server = await startHealthServer(options['http.address'], {
    sick: () => undefined,
    unready: () => operator.informers.problem(),
    metrics: async () => ({ contentType: prom.contentType, text: await prom.render() }),
  });
  const following = operator.follow(stopping.signal);
  let leading: Promise<void> = Promise.resolve();
  const namespace = options['lease.namespace'] === '' ? (kube.namespace ?? 'default') : options['lease.namespace'];
  const elector = new Elector({
    ...common,
    api: kube.leaseApi,
    lease: { namespace, name: options['lease.name'] },
    identity: electionIdentity(options['pod.name'], systemRandom),
    onElected: (leadership) => {
      leading = operator.lead(leadership, acting.signal).catch((error: unknown) => {
        logger.error('the operator failed', { error });
        process.exit(exitLost);
      });
    },
    onLost: () => process.exit(exitLost),
  });
  const electing = elector.run(stopping.signal);
  const signal = await nextSignal();
  logger.info('stopping', { signal });
  acting.abort(new Error(signal));
  await leading;
  stopping.abort(new Error(signal));
  await Promise.all([electing, following]);
  operator.close();
  kube.close();
  server.close();
}

async function nextSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
  });
}
