// SPDX-License-Identifier: Apache-2.0

/** Certificates between nodes. */
export interface TlsIntent {
  /** Who makes them. */
  readonly mode: 'Managed' | 'CertManager' | 'Secret';
  readonly authoritySecret: string;
  readonly nodesSecret: string;
  /** That the certificate has to name. */
  readonly dnsNames: readonly string[];
  readonly durationMs: number;
  readonly renewBeforeMs: number;
}

/** What the user wants, as far as it has an order to be done in. */
export interface Intent {
  /** Of the cluster, and of its StatefulSet. */
  readonly name: string;
  readonly replicas: number;
  readonly templateHash: string;
  readonly volumeBytes: number;
  /** Volumes go when the cluster is deleted. */
  readonly deletesVolumes: boolean;
  /** Pods, by name, whose nodes are to leave the cluster while their pods stay. */
  readonly drainedPods: readonly string[];
  readonly isPaused: boolean;
  readonly isSuspended: boolean;
  /** Shards that are to be uploaded now, asked for by an annotation or due by the schedule; undefined: none. */
  readonly uploadReason: string | undefined;
  /** Names of pods whose node is to stand still. */
  readonly fencedPods: readonly string[];
  /** Undefined: nodes talk in plain text. */
  readonly tls: TlsIntent | undefined;
}
