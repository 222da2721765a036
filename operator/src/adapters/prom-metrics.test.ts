// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { runtimeMetrics } from '../runtime/metrics.ts';
import { restMetrics } from './kube/rest-metrics.ts';
import { PromMetrics } from './prom-metrics.ts';

test('tables of several parts of the program are one page', async () => {
  const metrics = new PromMetrics();
  const runtime = metrics.sink(runtimeMetrics);
  const rest = metrics.sink(restMetrics);
  runtime.add('controller_runtime_reconcile_total', 2, { controller: 'cluster', result: 'success' });
  runtime.observe('workqueue_queue_duration_seconds', 0.5, { name: 'cluster', controller: 'cluster' });
  rest.add('rest_client_requests_total', 1, { code: '200', method: 'GET', host: 'api:443' });
  metrics.beforeScrape(() => runtime.set('leader_election_master_status', 1, { name: 'operator' }));
  const page = await metrics.render();
  expect(page).toContain('controller_runtime_reconcile_total{controller="cluster",result="success"} 2');
  expect(page).toContain('workqueue_queue_duration_seconds_bucket{le="1",name="cluster",controller="cluster"} 1');
  expect(page).toContain('rest_client_requests_total{code="200",method="GET",host="api:443"} 1');
  expect(page).toContain('leader_election_master_status{name="operator"} 1');
  expect(page).toContain('process_cpu_seconds_total');
});

test('names, labels and types are those of controller-runtime and client-go', () => {
  const wanted = {
    controller_runtime_reconcile_total: ['counter', 'controller', 'result'],
    controller_runtime_reconcile_errors_total: ['counter', 'controller'],
    controller_runtime_terminal_reconcile_errors_total: ['counter', 'controller'],
    controller_runtime_reconcile_time_seconds: ['histogram', 'controller'],
    controller_runtime_max_concurrent_reconciles: ['gauge', 'controller'],
    controller_runtime_active_workers: ['gauge', 'controller'],
    workqueue_depth: ['gauge', 'name', 'controller'],
    workqueue_adds_total: ['counter', 'name', 'controller'],
    workqueue_queue_duration_seconds: ['histogram', 'name', 'controller'],
    workqueue_work_duration_seconds: ['histogram', 'name', 'controller'],
    workqueue_unfinished_work_seconds: ['gauge', 'name', 'controller'],
    workqueue_longest_running_processor_seconds: ['gauge', 'name', 'controller'],
    workqueue_retries_total: ['counter', 'name', 'controller'],
    leader_election_master_status: ['gauge', 'name'],
    rest_client_requests_total: ['counter', 'code', 'method', 'host'],
  };
  const tables = Object.entries({ ...runtimeMetrics, ...restMetrics });
  const found = tables.map(([name, { type, labels }]) => [name, [type, ...Object.keys(labels)]]);
  expect(Object.fromEntries(found)).toMatchObject(wanted);
});

test('counters whose labels are closed begin at 0, and a gauge that was cleared has no series', async () => {
  const metrics = new PromMetrics();
  const runtime = metrics.sink(runtimeMetrics);
  runtime.set('shortlink_operator_informer_objects', 3, { resource: 'pods' });
  expect(await metrics.render()).toContain('shortlink_operator_informer_objects{resource="pods"} 3');
  runtime.clear('shortlink_operator_informer_objects');
  const page = await metrics.render();
  expect(page).toContain('shortlink_operator_events_total{result="dropped"} 0');
  expect(page).not.toContain('shortlink_operator_informer_objects{');
});
