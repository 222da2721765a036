// SPDX-License-Identifier: Apache-2.0
import { type Dashboard, lines, type Row, stat } from './dashboard.ts';
import { quantile, rate } from './queries.ts';

const o = 'namespace="$namespace"';
const controller = `${o}, controller="shortlinkcluster"`;

const now: Row = {
  title: 'Now',
  panels: [
    stat(
      'Processes that lead',
      'short',
      `sum(leader_election_master_status{${o}} and on (namespace, pod) shortlink_operator_informer_objects)`,
      '1.',
    ),
    stat(
      'Clusters',
      'short',
      'count(count by (cluster_namespace, shortlink_cluster) (shortlink_operator_cluster_step_seconds))',
    ),
    stat(
      'Clusters that serve',
      'short',
      'sum(max by (cluster_namespace, shortlink_cluster) (shortlink_operator_cluster_condition{type="Ready"}) == bool 1)',
    ),
    stat(
      'Clusters that are degraded',
      'short',
      'sum(max by (cluster_namespace, shortlink_cluster) (shortlink_operator_cluster_condition{type="Degraded"}) == bool 1)',
    ),
    stat('Longest at one step', 's', 'max(shortlink_operator_cluster_step_seconds)'),
    stat(
      'Caches are as they were',
      's',
      `max(shortlink_operator_informer_stale_seconds{${o}})`,
      'About a minute at most.',
    ),
  ],
};

const clusters: Row = {
  title: 'Clusters',
  panels: [
    lines('Pods that are ready', 'short', [
      [
        'max by (cluster_namespace, shortlink_cluster) (shortlink_operator_cluster_pods{pods="ready"})',
        '{{cluster_namespace}}/{{shortlink_cluster}}',
      ],
    ]),
    lines('Time at the present step', 's', [
      [
        'max by (cluster_namespace, shortlink_cluster) (shortlink_operator_cluster_step_seconds)',
        '{{cluster_namespace}}/{{shortlink_cluster}}',
      ],
    ]),
    lines('Changes of the spec that are not in the status', 'short', [
      [
        'max by (cluster_namespace, shortlink_cluster) (shortlink_operator_cluster_generation_lag)',
        '{{cluster_namespace}}/{{shortlink_cluster}}',
      ],
    ]),
  ],
};

const reconciling: Row = {
  title: 'Reconciling',
  panels: [
    lines('Reconciliations', 'ops', [
      [rate(`controller_runtime_reconcile_total{${controller}}`, 'result'), '{{result}}'],
    ]),
    lines('Failures', 'ops', [
      [rate(`controller_runtime_reconcile_errors_total{${controller}}`, 'pod'), '{{pod}}'],
      [rate(`controller_runtime_terminal_reconcile_errors_total{${controller}}`, 'pod'), '{{pod}} for good'],
    ]),
    lines('Duration', 's', [
      [quantile(0.5, 'controller_runtime_reconcile_time_seconds', { matchers: controller, by: '' }), 'p50'],
      [quantile(0.99, 'controller_runtime_reconcile_time_seconds', { matchers: controller, by: '' }), 'p99'],
    ]),
    lines('Workers', 'short', [
      [`max by (pod) (controller_runtime_active_workers{${controller}})`, '{{pod}} busy'],
      [`max by (pod) (controller_runtime_max_concurrent_reconciles{${controller}})`, '{{pod}} all'],
    ]),
    lines('Keys that wait', 'short', [[`max by (pod) (workqueue_depth{${controller}})`, '{{pod}}']]),
    lines('Keys added, and again after failures', 'ops', [
      [rate(`workqueue_adds_total{${controller}}`, 'pod'), '{{pod}} added'],
      [rate(`workqueue_retries_total{${controller}}`, 'pod'), '{{pod}} again'],
    ]),
    lines('Waiting and work, p99', 's', [
      [quantile(0.99, 'workqueue_queue_duration_seconds', { matchers: controller, by: '' }), 'waiting'],
      [quantile(0.99, 'workqueue_work_duration_seconds', { matchers: controller, by: '' }), 'work'],
    ]),
    lines('Longest at work', 's', [
      [`max by (pod) (workqueue_longest_running_processor_seconds{${controller}})`, '{{pod}}'],
      [`max by (pod) (workqueue_unfinished_work_seconds{${controller}})`, '{{pod}} all together'],
    ]),
    lines('Writes that the cache did not show', 'ops', [
      [rate(`shortlink_operator_expectation_timeouts_total{${o}}`, 'pod'), '{{pod}}'],
    ]),
  ],
};

const api: Row = {
  title: 'API server',
  panels: [
    lines('Requests by status', 'reqps', [
      [rate(`rest_client_requests_total{${o}}`, 'code, method'), '{{method}} {{code}}'],
    ]),
    lines('Objects in the caches', 'short', [
      [`max by (resource) (shortlink_operator_informer_objects{${o}})`, '{{resource}}'],
    ]),
    lines('Since the caches were last known to be current', 's', [
      [`max by (resource) (shortlink_operator_informer_stale_seconds{${o}})`, '{{resource}}'],
    ]),
    lines('Lists', 'ops', [[rate(`shortlink_operator_informer_lists_total{${o}}`, 'resource'), '{{resource}}']]),
    lines('Lists and watches that failed', 'ops', [
      [rate(`shortlink_operator_informer_failures_total{${o}}`, 'reason'), '{{reason}}'],
      [rate(`shortlink_operator_informer_listener_errors_total{${o}}`, 'pod'), '{{pod}} listeners'],
    ]),
    lines('Events', 'ops', [[rate(`shortlink_operator_events_total{${o}}`, 'result'), '{{result}}']]),
  ],
};

const machine: Row = {
  title: 'Process',
  panels: [
    lines('CPU', 'short', [
      [
        `sum by (pod) (rate(process_cpu_seconds_total{${o}}[$__rate_interval]) and on (namespace, pod) shortlink_operator_informer_objects)`,
        '{{pod}}',
      ],
    ]),
    lines('Memory', 'bytes', [
      [
        `sum by (pod) (process_resident_memory_bytes{${o}} and on (namespace, pod) shortlink_operator_informer_objects)`,
        '{{pod}}',
      ],
    ]),
    lines('Delay of the event loop, p99', 's', [
      [
        `max by (pod) (nodejs_eventloop_lag_p99_seconds{${o}} and on (namespace, pod) shortlink_operator_informer_objects)`,
        '{{pod}}',
      ],
    ]),
  ],
};

export const operatorDashboard: Dashboard = {
  name: 'shortlink-operator',
  title: 'ShortLink / Operator',
  description: 'The operator, and all clusters that it looks after.',
  choices: [{ name: 'namespace', label: 'Namespace', metric: 'shortlink_operator_informer_objects', of: 'namespace' }],
  rows: [now, clusters, reconciling, api, machine],
};
