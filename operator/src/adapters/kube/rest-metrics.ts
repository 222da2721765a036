// SPDX-License-Identifier: Apache-2.0
import type { MetricTable } from '@shortlink/common/metric-table.ts';
import type { MetricsSink } from '../../ports/metrics.ts';

/** client-go's metric of requests, as dashboards know it. */
export const restMetrics = {
  rest_client_requests_total: {
    type: 'counter',
    labels: { code: 'fixed', method: 'fixed', host: 'fixed' },
    help: 'Requests to the API server by HTTP status, method and host. <error>: there was no answer.',
  },
} as const satisfies MetricTable;

export type RestMetrics = MetricsSink<typeof restMetrics>;
