// SPDX-License-Identifier: Apache-2.0
import type { StoreOrder } from '../ports/store-api.ts';
import type { ObjectVersion } from './observed.ts';

/** Something that the operator does: one write to the API server, or one order to the store. */
export type Action =
  | { readonly kind: 'applyObject'; readonly object: string }
  | { readonly kind: 'deleteObject'; readonly object: string; readonly version: ObjectVersion }
  | { readonly kind: 'renewAuthority'; readonly secret: string }
  | {
      readonly kind: 'renewCertificate';
      readonly secret: string;
      /** With a new certificate; otherwise only the CAs change. */
      readonly issue: boolean;
      /** Fingerprints of CAs that are believed no longer. */
      readonly drop: readonly string[];
    }
  | {
      /** All that a pod is told, since what is not said again is taken back. */
      readonly kind: 'tellPod';
      readonly pod: string;
      readonly version: ObjectVersion;
      /** Undefined: nobody knows. */
      readonly zone: string | undefined;
      readonly isFenced: boolean;
    }
  | { readonly kind: 'setReplicas'; readonly replicas: number }
  | { readonly kind: 'recreateStatefulSet'; readonly version: ObjectVersion }
  | { readonly kind: 'growClaim'; readonly claim: string; readonly bytes: number }
  | { readonly kind: 'deletePod'; readonly pod: string; readonly version: ObjectVersion }
  | { readonly kind: 'deleteClaim'; readonly claim: string; readonly version: ObjectVersion }
  | { readonly kind: 'recordNode'; readonly claim: string; readonly nodeId: string }
  | { readonly kind: 'tieClaim'; readonly claim: string; readonly goesWithCluster: boolean }
  | { readonly kind: 'holdNode'; readonly nodeId: string }
  | Exclude<StoreOrder, { readonly kind: 'holdNode' }>;

export interface Step {
  readonly action: Action;
  /** Why, in words that a person reads in an event. */
  readonly reason: string;
}

/** What one part of the planner has to say. */
export interface Part {
  /** In their order: a step may be done only after the ones before it. */
  readonly steps: readonly Step[];
  /** What it waits for, in words; undefined while there is nothing to wait for. */
  readonly waitingFor?: string | undefined;
  /** What it will not do, and what would make it. */
  readonly refusals?: readonly string[] | undefined;
}

export interface Plan {
  readonly steps: readonly Step[];
  /** What may be done although the first step fails, since it does not rest on it: in its stead, one of them. */
  readonly otherwise: readonly Step[];
  /** What the cluster is on the way to: `Scaling`, `Upgrading`…; undefined when it is as it should be. */
  readonly progress: Progress | undefined;
  readonly waitingFor: string | undefined;
  readonly refusals: readonly string[];
}

export type Progress =
  | 'Creating'
  | 'Scaling'
  | 'Upgrading'
  | 'Resizing'
  | 'Replacing'
  | 'Suspending'
  | 'Resuming'
  | 'Updating';
