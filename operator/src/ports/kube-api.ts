// SPDX-License-Identifier: Apache-2.0

/** One kind of objects, as the API server names it. */
export interface Resource {
  /** `v1`, or `group/version`. */
  readonly apiVersion: string;
  readonly kind: string;
  /** Lower case, as in paths. */
  readonly plural: string;
  readonly namespaced: boolean;
}

export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  /** Opaque: two of them are equal or not. */
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly finalizers?: readonly string[];
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** An object of any kind; kinds that are looked into have types of their own, which extend this one. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

export interface ObjectKey {
  /** Undefined for objects of the cluster. */
  readonly namespace: string | undefined;
  readonly name: string;
}

export interface ListOptions {
  /** Undefined: all of them. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  /** Undefined: of any name. */
  readonly name?: string | undefined;
  /** Objects of one page at most. */
  readonly limit?: number | undefined;
  /** From the page before. */
  readonly continue?: string | undefined;
}

export interface ListPage {
  readonly items: readonly KubeObject[];
  readonly resourceVersion: string;
  readonly continue: string | undefined;
}

export interface WatchOptions {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly resourceVersion: string;
  /** After which the server ends the watch by itself. */
  readonly timeoutSeconds: number;
}

export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: KubeObject }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string };

export interface ApplyOptions {
  readonly fieldManager: string;
  /** Takes fields over that another manager set. */
  readonly force: boolean;
  readonly dryRun?: boolean | undefined;
  readonly subresource?: 'status' | undefined;
}

/** The object is left alone when it is not, by now, the one that the caller looked at. */
export interface DeleteOptions {
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly gracePeriodSeconds?: number | undefined;
  readonly propagation?: 'Background' | 'Foreground' | 'Orphan' | undefined;
}

/**
 * The Kubernetes API as the operator uses it. Every call may throw KubeError; a call that is cut off by its `signal` throws
 * the signal's reason.
 */
export interface KubeApi {
  /** Undefined when there is none. */
  get(resource: Resource, key: ObjectKey, signal: AbortSignal): Promise<KubeObject | undefined>;
  list(resource: Resource, options: ListOptions, signal: AbortSignal): Promise<ListPage>;
  /**
   * What happens after `resourceVersion`, bookmarks included; ends when the server ends it. An ERROR event is thrown as
   * the KubeError that it carries (410 when `resourceVersion` is too old).
   */
  watch(resource: Resource, options: WatchOptions, signal: AbortSignal): AsyncIterable<WatchEvent>;
  create(resource: Resource, object: KubeObject, signal: AbortSignal): Promise<KubeObject>;
  /** Replaces what was read: 409 when it has changed since. */
  replace(resource: Resource, object: KubeObject, signal: AbortSignal): Promise<KubeObject>;
  /** Server-side apply: `object` holds all fields that its manager wants, and no others. */
  apply(resource: Resource, object: KubeObject, options: ApplyOptions, signal: AbortSignal): Promise<KubeObject>;
  /** False when there was none. */
  delete(resource: Resource, key: ObjectKey, options: DeleteOptions, signal: AbortSignal): Promise<boolean>;
  /** Asks for a pod to go as a drain would: 429 while a disruption budget is against it. */
  evict(pod: ObjectKey, options: DeleteOptions, signal: AbortSignal): Promise<void>;
}

/** What the API server answered instead of an object, or that it did not answer. */
export class KubeError extends Error {
  override readonly name = 'KubeError';
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** CamelCase, as in `Status.reason`: `Conflict`, `NotFound`, `Expired`… */
  readonly reason: string;
  /** What the server asked for by `Retry-After`. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    answer: { readonly status: number; readonly reason: string; readonly retryAfterMs?: number | undefined },
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.status = answer.status;
    this.reason = answer.reason;
    this.retryAfterMs = answer.retryAfterMs;
  }
}
