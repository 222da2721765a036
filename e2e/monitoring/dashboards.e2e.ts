// SPDX-License-Identifier: Apache-2.0
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cli } from '../harness/command-line.ts';
import { createLink, visit } from '../harness/links-api.ts';
import { type OperatorProcess, startOperator } from '../harness/operator-process.ts';
import { findPrometheus } from '../harness/prometheus-programs.ts';
import { PrometheusServer, type ScrapeTarget } from '../harness/prometheus.ts';
import { root } from '../harness/program.ts';
import { TestCluster } from '../harness/test-cluster.ts';
import { eventually } from '../harness/wait.ts';
import { parse } from 'yaml';

/** Queries that have no series here, and why. */
const absent = new Map([
  ['shortlink_node_tls_certificate_expiry_timestamp_seconds', 'the nodes of the test speak without TLS to each other'],
]);

/** Alerts that are right about the test: nothing of these may surprise anybody. */
const rightly: readonly string[] = [
  // The pods of the double are no nodes, so nobody says how the cluster is.
  'ShortLinkClusterNotReady',
  // The machine is not the test's, and may have other things to do.
  'ShortLinkDiskAlmostFull',
  'ShortLinkDiskFilling',
  'ShortLinkSlowDisk',
  'ShortLinkThreadBlocked',
];

interface Dashboard {
  readonly templating: { readonly list: readonly { readonly query: string }[] };
  readonly panels: readonly {
    readonly title: string;
    readonly targets?: readonly { readonly expr: string }[];
  }[];
}

const folder = 'charts/shortlink-operator/dashboards';
const dashboards = globSync(`${folder}/*.json`, { cwd: root }).toSorted();
const rulesFile = join(root, 'charts/shortlink-operator/rules/shortlink.yaml');

const variables: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'shortlink-cluster': { namespace: 'default', cluster: 'links' },
  'shortlink-node': { namespace: 'default', cluster: 'links', pod: '.*' },
  'shortlink-operator': { namespace: 'shortlink-system' },
};

/** Titles and queries of a dashboard, with its variables chosen as somebody who looks would. */
function queriesOf(path: string): (readonly [title: string, query: string])[] {
  const { panels, templating } = JSON.parse(readFileSync(join(root, path), 'utf8')) as Dashboard;
  const chosen = { __rate_interval: '20s', ...variables[basename(path, '.json')] };
  const fill = (text: string): string =>
    Object.entries(chosen).reduce((filled, [name, value]) => filled.replaceAll(`$${name}`, value), text);
  const choices = templating.list.flatMap(({ query }) => {
    const [, metric, label] = /^label_values\((.*), (\w+)\)$/.exec(query) ?? [];
    return metric === undefined ? [] : [[`choice of ${label}`, fill(`count by (${label}) (${metric})`)] as const];
  });
  const shown = panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, fill(expr)] as const));
  return [...choices, ...shown];
}

function recordedRules(): (readonly [string, string])[] {
  const { groups } = parse(readFileSync(rulesFile, 'utf8')) as {
    readonly groups: readonly { readonly rules: readonly { readonly record?: string }[] }[];
  };
  return groups.flatMap(({ rules }) => rules.flatMap(({ record }) => (record === undefined ? [] : [[record, record]])));
}

function targetsOf(cluster: TestCluster, operator: OperatorProcess): ScrapeTarget[] {
  const nodes = cluster.nodes.map(({ index, ops }) => ({
    address: new URL(ops).host,
    labels: { namespace: 'default', shortlink_cluster: 'links', pod: `links-${index}` },
  }));
  const labels = { namespace: 'shortlink-system', pod: 'shortlink-operator-0' };
  return [...nodes, { address: new URL(operator.ops).host, labels }];
}

/** Everything that nodes do shows in their metrics only once it was done. */
async function use(cluster: TestCluster, codes: readonly string[]): Promise<void> {
  for (const [i, code] of codes.entries()) {
    const node = cluster.node(i % cluster.nodes.length);
    await (await createLink(node, { url: `https://example.com/${code}`, code })).arrayBuffer();
    await visit(cluster.node((i + 1) % cluster.nodes.length), code);
  }
}

const found = await findPrometheus();

describe.skipIf('why' in found)(`real metrics${'why' in found ? ` (${found.why})` : ''}`, () => {
  const stack = new AsyncDisposableStack();
  let prometheus: PrometheusServer;

  beforeAll(async () => {
    if ('why' in found) return;
    const cluster = stack.use(await TestCluster.start({ nodes: 3, shards: 2 }));
    const operator = stack.use(await startOperator());
    const targets = targetsOf(cluster, operator);
    prometheus = stack.use(await PrometheusServer.start({ programs: found.programs, targets, rulesFile }));
    await use(
      cluster,
      Array.from({ length: 30 }, (_, i) => `a${i}`),
    );
    await cli(cluster, 'ping');
    await cli(cluster, 'shard', 'upload', '--all', '--wait');
    await cli(cluster, 'chunk', 'scrub');
    await use(
      cluster,
      Array.from({ length: 30 }, (_, i) => `b${i}`),
    );
    await eventually('all to be read several times', async () => {
      const { series } = await prometheus.query('count_over_time(up[20s]) > 5 and up == 1');
      return series === targets.length;
    });
    await use(
      cluster,
      Array.from({ length: 30 }, (_, i) => `c${i}`),
    );
  }, 180_000);
  afterAll(async () => stack.disposeAsync());

  it.each([...dashboards, 'recorded rules'])('%s: every query has an answer', async (path) => {
    const queries = path.endsWith('.json') ? queriesOf(path) : recordedRules();
    expect(queries.length).toBeGreaterThan(5);
    const wrong: string[] = [];
    for (const [title, query] of queries) {
      if ([...absent.keys()].some((metric) => query.includes(metric))) continue;
      const { series, error } = await prometheus.query(query);
      if (error !== undefined || series === 0) wrong.push(`${title}: ${query}: ${error ?? 'no series'}`);
    }
    expect(wrong).toEqual([]);
  });

  it('the reasons for queries without an answer still hold', async () => {
    for (const metric of absent.keys()) expect(await prometheus.query(metric)).toEqual({ series: 0, error: undefined });
  });

  it('no alert is about to fire in a cluster that is well', async () => {
    expect((await prometheus.alerts()).filter((name) => !rightly.includes(name))).toEqual([]);
  });
});
