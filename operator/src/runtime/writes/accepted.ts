// SPDX-License-Identifier: Apache-2.0
import type { KubeObject } from '../../ports/kube-api.ts';

/** Remembered objects at most; one that is forgotten costs one write without effect. */
const maxObjects = 10_000;

/** What the server made of what was written. */
export interface Accepted {
  readonly uid: string | undefined;
  readonly intent: string;
  readonly outcome: string;
}

/** Outcomes of the last writes, by object: a server rewrites values, and writing them again would change nothing. */
export class AcceptedWrites {
  readonly #byObject = new Map<string, Accepted>();

  remember(object: KubeObject, accepted: Accepted): void {
    const id = idOf(object);
    this.#byObject.delete(id);
    this.#byObject.set(id, accepted);
    const [oldest] = this.#byObject.keys();
    if (this.#byObject.size > maxObjects && oldest !== undefined) this.#byObject.delete(oldest);
  }

  isOutcome(object: KubeObject, { uid, intent, outcome }: Accepted): boolean {
    const last = this.#byObject.get(idOf(object));
    return last?.uid === uid && last?.intent === intent && last.outcome === outcome;
  }
}

function idOf({ apiVersion, kind, metadata }: KubeObject): string {
  return [apiVersion, kind, metadata.namespace ?? '', metadata.name].join(' ');
}
