// SPDX-License-Identifier: Apache-2.0
import type { KubeApi } from '../../src/ports/kube-api.ts';
import type { ScenarioTools } from './scenario-tools.ts';

/** A cluster that scenarios run on: the double, or a real one. */
export interface ConformanceTarget {
  readonly api: KubeApi;
  /** Lets the cluster work for a while: the double until it rests, a real one some 250 ms. */
  settle(): Promise<void>;
  /** Settlings after which something that was to happen has failed to: 300 or so for a real cluster. */
  readonly maxSettles: number;
  /** Settlings after which something that was not to happen counts as not happening. */
  readonly quietSettles: number;
  /** Runs until it is told to end, without arguments. */
  readonly image: string;
  /** Can be pulled by nobody. */
  readonly brokenImage: string;
  /** Whether volumes of the default storage class can grow. */
  readonly growsVolumes: boolean;
}

/** One promise of Kubernetes that the operator relies on. */
export interface Scenario {
  /** What holds, as a sentence. */
  readonly title: string;
  /** The page of the Kubernetes documentation that says so. */
  readonly source: string;
  run(tools: ScenarioTools): Promise<void>;
}

const docs = 'https://kubernetes.io/docs';

export const sources = {
  statefulSet: `${docs}/concepts/workloads/controllers/statefulset/`,
  statefulSetApi: `${docs}/reference/kubernetes-api/workload-resources/stateful-set-v1/`,
  garbageCollection: `${docs}/concepts/architecture/garbage-collection/`,
  finalizers: `${docs}/concepts/overview/working-with-objects/finalizers/`,
  owners: `${docs}/concepts/overview/working-with-objects/owners-dependents/`,
  namespaces: `${docs}/concepts/overview/working-with-objects/namespaces/`,
  apply: `${docs}/reference/using-api/server-side-apply/`,
  apiConcepts: `${docs}/reference/using-api/api-concepts/`,
  fieldSelectors: `${docs}/concepts/overview/working-with-objects/field-selectors/`,
  labels: `${docs}/concepts/overview/working-with-objects/labels/`,
  eviction: `${docs}/concepts/scheduling-eviction/api-eviction/`,
  disruptionBudget: `${docs}/tasks/run-application/configure-pdb/`,
  volumes: `${docs}/concepts/storage/persistent-volumes/`,
  podLifecycle: `${docs}/concepts/workloads/pods/pod-lifecycle/`,
} as const;
