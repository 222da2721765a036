// SPDX-License-Identifier: Apache-2.0
import type { LabelValues, MetricDefinition, MetricTable } from '@shortlink/common/metric-table.ts';
import { nodeMetrics } from '../../node/src/telemetry/metrics.ts';
import { operatorMetricTables } from '../../operator/src/metric-tables.ts';
import { code, page, table } from './markdown.ts';

const ofNodes = 'A node serves them in the Prometheus text format under `/metrics` at `ops.address`.';
const ofOperator = [
  'The operator serves them in the Prometheus text format under `/metrics` at `http.address`, beside the ones that every',
  'process of Node.js has (`process_…`, `nodejs_…`).',
].join('\n');
const operatorParts = {
  clusters: [
    'Clusters',
    'What the statuses of the clusters say. Every process of the operator has them: take the `max`.',
  ],
  runtime: ['Runtime', 'Names and labels are those of controller-runtime where it has the metric.'],
  rest: ['API server', 'The name and the labels are those of client-go.'],
} as const satisfies Readonly<Record<keyof typeof operatorMetricTables, readonly [title: string, text: string]>>;

export function metricsPage(): string {
  return page('Metrics', 'node/src/telemetry/metrics.ts', [ofNodes, metricTable(nodeMetrics)]);
}

export function operatorMetricsPage(): string {
  const parts = Object.entries<MetricTable>(operatorMetricTables).flatMap(([part, metrics]) => {
    const [title, text] = operatorParts[part as keyof typeof operatorParts];
    return [`## ${title}`, text, metricTable(metrics)];
  });
  return page('Metrics of the operator', 'operator/src/metric-tables.ts', [ofOperator, ...parts]);
}

function metricTable(metrics: MetricTable): string {
  const rows = Object.entries<MetricDefinition>(metrics).map(([name, metric]) => [
    code(name),
    metric.type,
    Object.entries(metric.labels ?? {})
      .map(labelText)
      .join('<br>'),
    metric.type === 'histogram' ? `${metric.help} Buckets: ${metric.buckets.join(', ')}.` : metric.help,
  ]);
  return table(['metric', 'type', 'labels', 'meaning'], rows);
}

const openLabels = {
  shard: 'a shard',
  node: 'a node',
  cluster: 'of the cluster',
  fixed: 'of the program or its configuration',
} as const;

function labelText([name, values]: readonly [string, LabelValues]): string {
  return typeof values === 'string' ? `${name}: ${openLabels[values]}` : `${name}: ${values.join(', ')}`;
}
