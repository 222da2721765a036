// SPDX-License-Identifier: Apache-2.0
import type { KubeApi, KubeObject, Resource } from '../../ports/kube-api.ts';
import { keyOfObject } from '../../ports/resource-key.ts';
import { AcceptedWrites } from './accepted.ts';
import { applyReason, type ApplyReason, type Mark } from './apply-reason.ts';
import { canonicalJson } from './canonical-json.ts';
import type { Expectations } from './expectations.ts';
import { isFields } from './fields.ts';
import type { Fields } from './fields.ts';
import { project } from './projection.ts';

export interface ApplierOptions extends Mark {
  readonly api: KubeApi;
  /** The one field manager of the program. */
  readonly fieldManager: string;
  readonly expectations: Expectations;
}

export interface StatusWrite {
  readonly object: KubeObject & { readonly status: Fields };
  readonly observed: KubeObject;
}

/**
 * Server-side apply that writes nothing when nothing is to be written. Objects cannot simply be compared: the server adds
 * defaults and rewrites values. So a digest of the whole intent is applied with it, as an annotation, and the object counts
 * as applied while it has that digest and the fields that the intent names still say what they should: what the intent
 * says, or what the server made of it the last time that it was applied (which is remembered in memory only: after a
 * restart, an object that the server rewrites is applied once more, without effect).
 */
export class Applier {
  readonly #options: ApplierOptions;
  readonly #accepted = new AcceptedWrites();
  readonly #acceptedStatus = new AcceptedWrites();

  constructor(options: ApplierOptions) {
    this.#options = options;
  }

  /** Why `intent` has to be applied, judged by what the cache shows; undefined when it is there. */
  reasonToApply(intent: KubeObject, observed: KubeObject | undefined): ApplyReason | undefined {
    const reason = applyReason(intent, observed, this.#options);
    if (reason !== 'drifted' || observed === undefined) return reason;
    const digest = this.#digestOf(intent);
    const outcome = canonicalJson(project(intent, observed));
    const isOutcome = this.#accepted.isOutcome(intent, { uid: observed.metadata.uid, intent: digest, outcome });
    return isOutcome ? undefined : 'drifted';
  }

  /**
   * Applies `intent` for the reconciliation of `key`, and expects the cache to show it. An intent with a uid is for that object
   * only, and takes fields over that others have set. One without is to make a new object: what others have set is a conflict
   * then, as nobody has looked at theirs.
   */
  async apply(key: string, resource: Resource, intent: KubeObject, signal: AbortSignal): Promise<KubeObject> {
    const { api, annotation, expectations, fieldManager } = this.#options;
    // Which object it is about is no part of what is wanted of it.
    const { uid, ...metadata } = intent.metadata;
    const wanted = { ...intent, metadata };
    const digest = this.#digestOf(wanted);
    const annotations = { ...metadata.annotations, [annotation]: digest };
    const signed = { ...intent, metadata: { ...intent.metadata, annotations } };
    const applied = await expectations.write(key, resource, keyOfObject(intent), async () => {
      return api.apply(resource, signed, { fieldManager, force: uid !== undefined }, signal);
    });
    const outcome = canonicalJson(project(wanted, applied));
    this.#accepted.remember(intent, { uid: applied.metadata.uid, intent: digest, outcome });
    return applied;
  }

  /**
   * Applies the status of `object`. All of it is ours and it holds no digest, so it is compared as a whole.
   * @returns undefined when `observed` has that status.
   */
  async applyStatus(
    key: string,
    resource: Resource,
    { object, observed }: StatusWrite,
    signal: AbortSignal,
  ): Promise<KubeObject | undefined> {
    const { api, expectations, fieldManager } = this.#options;
    const intent = canonicalJson(object.status);
    const outcome = statusText(observed);
    if (outcome === intent) return undefined;
    // What the schema does not know is not kept; writing it again would not change that.
    if (this.#acceptedStatus.isOutcome(object, { uid: observed.metadata.uid, intent, outcome })) return undefined;
    const { apiVersion, kind, status } = object;
    const { name, namespace } = object.metadata;
    const { uid } = observed.metadata;
    // The uid keeps the status of an object from reaching another one of its name.
    const metadata = {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
    };
    const applied = await expectations.write(key, resource, keyOfObject(object), async () => {
      const options = { fieldManager, force: true, subresource: 'status' } as const;
      return api.apply(resource, { apiVersion, kind, metadata, ...{ status } }, options, signal);
    });
    this.#acceptedStatus.remember(object, { uid: applied.metadata.uid, intent, outcome: statusText(applied) });
    return applied;
  }

  #digestOf(intent: KubeObject): string {
    return this.#options.digest(canonicalJson(intent));
  }
}

function statusText(object: KubeObject): string {
  return canonicalJson('status' in object && isFields(object.status) ? object.status : {});
}
