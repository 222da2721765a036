// SPDX-License-Identifier: Apache-2.0

/** Parts of a pod or a Service that are handed on as they were written. */
export type Fields = Readonly<Record<string, unknown>>;

/** The value of an option of a node. */
export type OptionValue = string | number | boolean | readonly string[];

/** Whether pods keep apart: where that is possible, or rather wait. */
export type Spread = 'Preferred' | 'Required' | 'Disabled';

export interface ServiceInput {
  readonly type: 'ClusterIP' | 'NodePort' | 'LoadBalancer';
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly loadBalancerClass?: string | undefined;
  readonly loadBalancerSourceRanges?: readonly string[] | undefined;
  readonly externalTrafficPolicy?: 'Cluster' | 'Local' | undefined;
}

/** A PodMonitor, by which the Prometheus operator finds the pods. */
export interface PodMonitorInput {
  /** By which Prometheus chooses it. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** Between two scrapes, as Prometheus writes times. */
  readonly interval: string;
}

/**
 * What decides how a pod is made. A pod is outdated when this has changed since (pod-hash.ts), and for no other reason:
 * what a later operator makes of the same input waits for the next restart. So a field that a later version adds must be
 * undefined as long as nobody asks for it.
 */
export interface PodInput {
  readonly image: string;
  readonly imagePullPolicy: 'Always' | 'IfNotPresent' | 'Never';
  readonly imagePullSecrets: readonly string[];
  /** Options of the node by their dotted names, without those that have their defaults. */
  readonly options: Readonly<Record<string, OptionValue>>;
  readonly lameDuckMs: number;
  readonly stopTimeoutMs: number;
  /** Secret with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; undefined: the role of the machine. */
  readonly credentialsSecret?: string | undefined;
  /** Secret with ca.crt, tls.crt and tls.key; undefined: no TLS between nodes. */
  readonly tlsSecret?: string | undefined;
  /** Secret with the key `token`, and perhaps `tokens`. */
  readonly tokensSecret: string;
  readonly resources: Fields;
  readonly zoneSpread: Spread;
  /** Label of machines that names their zone. */
  readonly zoneLabel: string;
  readonly hostSpread: Spread;
  readonly nodeSelector?: Readonly<Record<string, string>> | undefined;
  readonly tolerations?: readonly Fields[] | undefined;
  readonly affinity?: Fields | undefined;
  readonly priorityClassName?: string | undefined;
  /** What the user merges into the pods. */
  readonly podTemplate?: PodOverlay | undefined;
}

export interface PodOverlay {
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly spec?: Fields | undefined;
}

/** The cluster begins with what another one has left in an object store. */
export interface RebuildInput {
  /** Undefined: where this cluster keeps its objects. */
  readonly url?: string | undefined;
  readonly clusterId?: string | undefined;
  /** Its chunks are used where they are. */
  readonly adopt: boolean;
  readonly skipDamaged: boolean;
  readonly again: boolean;
}

/** A ShortLinkCluster as the builders need it: defaults filled in, names resolved. */
export interface ClusterInput {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  /** No pods, but everything else. */
  readonly suspend: boolean;
  readonly storage: { readonly size: string; readonly storageClassName?: string | undefined };
  readonly services: { readonly redirect: ServiceInput; readonly api: ServiceInput };
  readonly networkPolicy: boolean;
  /** Undefined: nobody asked for it. */
  readonly podMonitor?: PodMonitorInput | undefined;
  /** Undefined: it begins empty. */
  readonly rebuild?: RebuildInput | undefined;
  readonly pod: PodInput;
}

/** What the operator has settled or found out, beside what the object says. */
export interface Facts {
  /** Pods that the StatefulSet should have now: a step of the plan, not always what the object asks for. */
  readonly replicas: number;
  /** Pods that the cluster is created with, which found it; settled then, whatever it is scaled to meanwhile. */
  readonly initialReplicas: number;
  /** Each of the initial pods has been a member. From then on nobody founds anything any more, whatever is lost. */
  readonly formed: boolean;
  /** Size in the claim template of the StatefulSet that is there, which cannot be changed; undefined: there is none. */
  readonly claimSize?: string | undefined;
  /** Kubernetes knows PodMonitors: without the Prometheus operator it does not. */
  readonly servesPodMonitors?: boolean | undefined;
}
