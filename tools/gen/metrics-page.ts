// SPDX-License-Identifier: Apache-2.0
import type { MetricDefinition } from '@shortlink/common/metric-table.ts';
import { nodeMetrics } from '../../node/src/telemetry/metrics.ts';
import { code, page, table } from './markdown.ts';

const intro = 'A node serves them in the Prometheus text format under `/metrics` at `ops.address`.';

export function metricsPage(): string {
  const rows = Object.entries<MetricDefinition>(nodeMetrics).map(([name, metric]) => [
    code(name),
    metric.type,
    Object.entries(metric.labels ?? {})
      .map(labelText)
      .join('<br>'),
    metric.type === 'histogram' ? `${metric.help} Buckets: ${metric.buckets.join(', ')}.` : metric.help,
  ]);
  return page('Metrics', 'node/src/telemetry/metrics.ts', [
    intro,
    table(['metric', 'type', 'labels', 'meaning'], rows),
  ]);
}

function labelText([name, values]: readonly [string, readonly string[] | string]): string {
  return typeof values === 'string' ? `${name}: a ${values}` : `${name}: ${values.join(', ')}`;
}
