// SPDX-License-Identifier: Apache-2.0
import { globSync } from 'node:fs';
import { basename } from 'node:path';
import type { MetricDefinition } from '@shortlink/common/metric-table.ts';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { nodeMetrics } from '../../node/src/telemetry/metrics.ts';
import { operatorMetricTables } from '../../operator/src/metric-tables.ts';
import { groupedLabels, selectorsOf } from './promql.ts';
import { readSource, root } from './tree.ts';

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly labels?: { readonly severity?: string };
  readonly annotations?: Readonly<Record<string, string>>;
}

interface RuleTest {
  readonly name: string;
  readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts: readonly unknown[] }[];
}

const { groups } = parse(readSource('charts/shortlink-operator/rules/shortlink.yaml')) as {
  readonly groups: readonly { readonly rules: readonly Rule[] }[];
};
const rules = groups.flatMap((group) => group.rules);
const alerts = rules.flatMap((rule) => (rule.alert === undefined ? [] : [{ ...rule, alert: rule.alert }]));
const names = alerts.map(({ alert }) => alert).toSorted();
const runbooks = 'docs/operations/runbooks';

describe('each alert', () => {
  test('has a name of its own, and says how bad it is, what it is and where its runbook is', () => {
    expect(new Set(names).size).toBe(names.length);
    for (const { alert, labels, annotations = {} } of alerts) {
      expect(alert).toMatch(/^ShortLink[A-Z]/);
      expect(labels?.severity, alert).toMatch(/^(?:critical|warning)$/);
      expect(Object.keys(annotations), alert).toEqual(['summary', 'description', 'runbook_url']);
      expect(annotations['runbook_url']).toBe(`RUNBOOKS/${alert}.md`);
    }
  });

  test('has a runbook, and each runbook has an alert and is in the list of them', () => {
    const pages = globSync(`${runbooks}/ShortLink*.md`, { cwd: root }).map((path) => basename(path, '.md'));
    expect(pages.toSorted()).toEqual(names);
    const list = readSource(`${runbooks}/README.md`);
    expect(names.filter((name) => !list.includes(`(${name}.md)`))).toEqual([]);
  });

  test('has a runbook with all of its parts, and commands in it', () => {
    for (const name of names) {
      const page = readSource(`${runbooks}/${name}.md`);
      const titles = [...page.matchAll(/^#+ (.*)$/gm)].map(([, title]) => title);
      expect(titles, name).toEqual([name, 'Meaning', 'Impact', 'Diagnosis', 'Mitigation']);
      expect(page, name).toMatch(/```sh\n(?:kubectl|sl) /);
    }
  });

  test('is tested to fire and to stay quiet', () => {
    const files = globSync('e2e/monitoring/rules/*.yaml', { cwd: root });
    const tests = files.flatMap((file) => (parse(readSource(file)) as { readonly tests: readonly RuleTest[] }).tests);
    const cases = tests.flatMap((one) => one.alert_rule_test);
    const count = (name: string, fires: boolean): number =>
      cases.filter(({ alertname, exp_alerts: wanted }) => alertname === name && wanted.length > 0 === fires).length;
    expect(names.filter((name) => count(name, true) === 0)).toEqual([]);
    expect(names.filter((name) => count(name, false) === 0)).toEqual([]);
  });
});

const ours = new Map<string, MetricDefinition>(
  [nodeMetrics, ...Object.values(operatorMetricTables)].flatMap((table) => Object.entries(table)),
);
/** Of every process of Node.js (prom-client), and of Prometheus itself. */
const others = /^(?:process_|nodejs_|up$)/;
/** That Prometheus gives to what it scrapes: our monitors see to shortlink_cluster, and `le` is that of histograms. */
const targetLabels = ['namespace', 'pod', 'shortlink_cluster', 'le'];
const recorded = new Set(rules.flatMap(({ record }) => record ?? []));

function definitionOf(metric: string): MetricDefinition | undefined {
  return ours.get(metric) ?? ours.get(metric.replace(/_(?:bucket|sum|count)$/, ''));
}

function problemsOf(expression: string): string[] {
  const selectors = selectorsOf(expression).filter(({ metric }) => !others.test(metric) && !recorded.has(metric));
  const definitions = selectors.map(({ metric }) => definitionOf(metric));
  const known = new Set([...targetLabels, ...definitions.flatMap((one) => Object.keys(one?.labels ?? {}))]);
  return [
    ...selectors.flatMap(({ metric }, i) => (definitions[i] === undefined ? [`there is no ${metric}`] : [])),
    ...selectors.flatMap(({ metric, matchers }, i) =>
      matchers.flatMap(({ label, operator, value }) =>
        matcherProblems(definitions[i], { metric, label, operator, value }),
      ),
    ),
    ...groupedLabels(expression).flatMap((label) => (known.has(label) ? [] : [`nothing there has the label ${label}`])),
  ];
}

function matcherProblems(
  definition: MetricDefinition | undefined,
  { metric, label, operator, value }: Readonly<Record<'metric' | 'label' | 'operator' | 'value', string>>,
): string[] {
  if (targetLabels.includes(label)) return [];
  const values = definition?.labels?.[label];
  if (values === undefined) return [`${metric} has no label ${label}`];
  if (typeof values === 'string') return [];
  const asked = operator.includes('~') ? value.split('|') : [value];
  return asked.filter((one) => !values.includes(one)).map((one) => `${label} of ${metric} is never ${one}`);
}

describe('what is asked of Prometheus', () => {
  const dashboards = globSync('charts/shortlink-operator/dashboards/*.json', { cwd: root });
  const expressions = [
    ...rules.map(({ expr }) => expr),
    ...dashboards.flatMap((path) =>
      [...readSource(path).matchAll(/"expr": ("(?:[^"\\]|\\.)*")/g)].map(([, text = '""']) => String(JSON.parse(text))),
    ),
  ];

  test('is about metrics, labels and values that there are', () => {
    expect(expressions.length).toBeGreaterThan(150);
    expect(expressions.flatMap((text) => problemsOf(text).map((problem) => `${problem}: ${text}`))).toEqual([]);
  });

  test('a name, a label or a value that there is not would be noticed', () => {
    expect(problemsOf('rate(shortlink_node_redirect_total[5m])')).toEqual([
      'there is no shortlink_node_redirect_total',
    ]);
    expect(problemsOf('sum by (shards) (shortlink_node_raft_leader{kind="x"})')).toEqual([
      'shortlink_node_raft_leader has no label kind',
      'nothing there has the label shards',
    ]);
    expect(problemsOf('shortlink_node_ring_nodes{state=~"DOWN|LOST"}')).toEqual([
      'state of shortlink_node_ring_nodes is never LOST',
    ]);
  });
});
