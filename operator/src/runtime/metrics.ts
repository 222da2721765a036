// SPDX-License-Identifier: Apache-2.0
import type { MetricTable } from '@shortlink/common/metric-table.ts';
import type { MetricsSink } from '../ports/metrics.ts';

// client-go's ExponentialBuckets(10e-9, 10, 12).
const queueBuckets = Array.from({ length: 12 }, (_, i) => 10 ** (i - 8));
// controller-runtime's, of pkg/internal/controller/metrics.
const reconcileBuckets = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5, 1.75, 2,
  2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
];
const queueLabels = { name: 'fixed', controller: 'fixed' } as const;
const controllerLabels = { controller: 'fixed' } as const;

/** Metrics of the runtime. Names, labels and buckets are controller-runtime's where it has the metric: dashboards rely on them. */
export const runtimeMetrics = {
  workqueue_depth: {
    type: 'gauge',
    merge: 'sum',
    labels: queueLabels,
    help: 'Keys that wait to be reconciled.',
  },
  workqueue_adds_total: { type: 'counter', labels: queueLabels, help: 'Keys that were added to the queue.' },
  workqueue_retries_total: {
    type: 'counter',
    labels: queueLabels,
    help: 'Keys that were added again after a failure.',
  },
  workqueue_queue_duration_seconds: {
    type: 'histogram',
    buckets: queueBuckets,
    labels: queueLabels,
    help: 'How long keys waited in the queue.',
  },
  workqueue_work_duration_seconds: {
    type: 'histogram',
    buckets: queueBuckets,
    labels: queueLabels,
    help: 'How long keys were worked on.',
  },
  workqueue_unfinished_work_seconds: {
    type: 'gauge',
    merge: 'sum',
    labels: queueLabels,
    help: 'Seconds of work on keys that are still worked on, all together. A number that grows means a stuck worker.',
  },
  workqueue_longest_running_processor_seconds: {
    type: 'gauge',
    merge: 'max',
    labels: queueLabels,
    help: 'How long the key that is worked on longest has been worked on.',
  },
  controller_runtime_reconcile_total: {
    type: 'counter',
    labels: { controller: 'fixed', result: ['success', 'error', 'requeue', 'requeue_after'] },
    help: 'Reconciliations by their outcome.',
  },
  controller_runtime_reconcile_errors_total: {
    type: 'counter',
    labels: controllerLabels,
    help: 'Reconciliations that failed.',
  },
  controller_runtime_terminal_reconcile_errors_total: {
    type: 'counter',
    labels: controllerLabels,
    help: 'Reconciliations that failed in a way that trying again cannot help.',
  },
  controller_runtime_reconcile_time_seconds: {
    type: 'histogram',
    buckets: reconcileBuckets,
    labels: controllerLabels,
    help: 'How long reconciliations took.',
  },
  controller_runtime_max_concurrent_reconciles: {
    type: 'gauge',
    merge: 'max',
    labels: controllerLabels,
    help: 'Workers of the controller.',
  },
  controller_runtime_active_workers: {
    type: 'gauge',
    merge: 'sum',
    labels: controllerLabels,
    help: 'Workers that reconcile a key right now.',
  },
  leader_election_master_status: {
    type: 'gauge',
    merge: 'max',
    labels: { name: 'fixed' },
    help: '1 while this process holds the lease, 0 while it waits for it.',
  },
  shortlink_operator_informer_stale_seconds: {
    type: 'gauge',
    merge: 'max',
    labels: { resource: 'fixed' },
    help: 'How long ago the API server last showed that the cache of these objects is current.',
  },
  shortlink_operator_informer_objects: {
    type: 'gauge',
    merge: 'max',
    labels: { resource: 'fixed' },
    help: 'Objects in the cache.',
  },
  shortlink_operator_informer_lists_total: {
    type: 'counter',
    labels: { resource: 'fixed' },
    help: 'Complete lists that were read. More than a few an hour means that watches are lost all the time.',
  },
  shortlink_operator_informer_failures_total: {
    type: 'counter',
    labels: { resource: 'fixed', reason: ['expired', 'inactive', 'error'] },
    help: 'Lists and watches that ended in a failure: history that was gone, a silent connection, or any other error.',
  },
  shortlink_operator_informer_listener_errors_total: {
    type: 'counter',
    labels: { resource: 'fixed' },
    help: 'Changes that a listener failed on: a defect of the operator.',
  },
  shortlink_operator_expectation_timeouts_total: {
    type: 'counter',
    labels: controllerLabels,
    help: 'Writes that the cache did not show in time.',
  },
  shortlink_operator_events_total: {
    type: 'counter',
    labels: { result: ['written', 'aggregated', 'limited', 'dropped'] },
    help: 'Events by what became of them. limited: too many of one object. dropped: the API server did not take them.',
  },
} as const satisfies MetricTable;

export type RuntimeMetrics = MetricsSink<typeof runtimeMetrics>;
