// SPDX-License-Identifier: Apache-2.0
import { restMetrics } from './adapters/kube/rest-metrics.ts';
import { clusterMetrics } from './reconcile/cluster-metrics.ts';
import { runtimeMetrics } from './runtime/metrics.ts';

/** Every metric of the operator, by the part of the program that has it. The reference page follows from it. */
export const operatorMetricTables = { clusters: clusterMetrics, runtime: runtimeMetrics, rest: restMetrics } as const;
