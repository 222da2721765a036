// SPDX-License-Identifier: Apache-2.0
import type { KubeApi } from '../../operator/src/ports/kube-api.ts';
import type { LinksTarget } from '../harness/links-api.ts';

/** What a scenario may need beyond Kubernetes and the operator. */
export type Ability =
  /** Installation by the charts. */
  | 'helm'
  /** kubectl with the plugin of this project. */
  | 'kubectl'
  /** Namespaces that come and go. */
  | 'namespaces'
  | 'objectStore'
  /** An object store that can be taken away. */
  | 'objectStoreAway'
  /** Machines that can be powered off and on. */
  | 'power'
  /** Machines that can be cut off from all others while they run. */
  | 'partition'
  /** An API server that can be stopped. */
  | 'apiServer'
  /** An API server that judges objects by the rules of the CRD. */
  | 'rules'
  /** A second image of the operator. */
  | 'operatorUpgrade'
  /** Several operators at once. */
  | 'twoOperators';

export interface ClusterName {
  readonly namespace: string;
  readonly name: string;
}

/** Where a cluster is reached from the tests: whatever pods are ready, as through a Service. */
export interface Exposed extends AsyncDisposable {
  readonly api: string;
  readonly redirect: string;
}

/** An S3 server, as pods reach it. */
export interface ObjectStore {
  readonly bucket: string;
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly AWS_ACCESS_KEY_ID: string; readonly AWS_SECRET_ACCESS_KEY: string };
  away(): Promise<void>;
  back(): Promise<void>;
}

/** The operator's process, as somebody who installed it has it. */
export interface OperatorControl {
  /** No operator from now on; in order, as when its Deployment is scaled to nothing. */
  stop(): Promise<void>;
  /** Returns once one is there; it need not lead yet. */
  start(): Promise<void>;
  /** Ends without warning, and is started again as a pod is. */
  kill(): Promise<void>;
  /** Another image of the same program takes over. */
  upgrade(): Promise<void>;
  /** How many there are; one is usual. */
  scale(count: number): Promise<void>;
  /** By the charts, as for the first time; what it looks after stays. */
  reinstall(): Promise<void>;
  /** What was logged, of all that there are. */
  log(): Promise<string>;
}

/** The chart of a cluster. Every call throws with the words of Helm when that fails. */
export interface ClusterChart {
  /** Or upgrades; the release has the name of the cluster. */
  install(cluster: ClusterName, spec: Readonly<Record<string, unknown>>): Promise<void>;
  test(cluster: ClusterName): Promise<void>;
  /** Returns once the object is gone; its pods may still be there. */
  uninstall(cluster: ClusterName): Promise<void>;
}

/** The machines that pods run on, by the names of their Nodes. */
export interface Machines {
  off(machine: string): Promise<void>;
  on(machine: string): Promise<void>;
  /** Runs on, and neither the control plane nor other machines reach it. */
  cutOff(machine: string): Promise<void>;
  reconnect(machine: string): Promise<void>;
}

/** A Kubernetes with the operator in it, and what can be done to both. */
export interface Provider extends AsyncDisposable {
  readonly name: 'kind' | 'existing' | 'process';
  readonly kube: KubeApi;
  /** What specs of clusters must say here. */
  readonly specs: Readonly<Record<string, unknown>>;
  /** The namespace that all scenarios share; undefined: each one makes its own. */
  readonly namespace: string | undefined;
  /** `next` is another name of a good image; `bad` is none that anybody has. */
  readonly images: { readonly node: string; readonly next: string; readonly bad: string };
  readonly operator: OperatorControl;
  /** Runs kubectl as users do. @returns what it printed. @throws with all that it said, and where `kubectl` is missing. */
  kubectl(...args: readonly string[]): Promise<string>;
  /** @throws where `helm` is missing. */
  clusterChart(): ClusterChart;
  readonly machines: Machines;
  readonly apiServer: { stop(): Promise<void>; start(): Promise<void> };
  /** Why it lacks the ability here; undefined: it has it. */
  whyNot(ability: Ability): string | undefined;
  expose(cluster: ClusterName): Promise<Exposed>;
  objectStore(): Promise<ObjectStore>;
  /** Of the container `node` of a pod, or of what ran before it. */
  podLog(namespace: string, pod: string): Promise<string>;
  /** Of what takes part, for the report. */
  versions(): Promise<Readonly<Record<string, string>>>;
}

export function asTarget(exposed: Exposed, token: string): LinksTarget {
  return { api: exposed.api, redirect: exposed.redirect, headers: { authorization: `Bearer ${token}` } };
}
