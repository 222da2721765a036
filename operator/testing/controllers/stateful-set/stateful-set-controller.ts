// SPDX-License-Identifier: Apache-2.0
import { type StatefulSet, isTerminating, pods, statefulSets } from '../../kinds/workloads.ts';
import { isEqual, plainCopy } from '../../objects/json.ts';
import type { Core } from '../../server/core.ts';
import { matchesSelector } from '../../server/label-selector.ts';
import { type Controller, keyOfText, textOf } from '../controllers.ts';
import { Hands } from '../hands.ts';
import { controllerOf, ordinalOf, ownerReference } from './identity.ts';
import { type Pass, processPods, updatePods } from './pass.ts';
import { revisionsOf } from './revisions.ts';
import { statusOf } from './status.ts';

/** The StatefulSet controller of kube-controller-manager, as its documentation and its tests describe it. */
export class StatefulSetController implements Controller {
  readonly name = 'stateful-sets';
  readonly #hands: Hands;
  readonly #onDeleteFinishes: boolean;

  constructor(core: Core, options: { readonly onDeleteFinishes: boolean }) {
    this.#hands = new Hands(core, 'kube-controller-manager');
    this.#onDeleteFinishes = options.onDeleteFinishes;
  }

  keys(): readonly string[] {
    return this.#hands.list(statefulSets).map(textOf);
  }

  sync(key: string): void {
    const set = this.#hands.get(statefulSets, keyOfText(key));
    // What a set that is being deleted has is the garbage collector's.
    if (set === undefined || isTerminating(set)) return;
    this.#claimPods(set);
    const revisions = revisionsOf(this.#hands, set);
    const pass = this.#passOf(set, revisions);
    if (processPods(pass)) updatePods(pass);
    const after = this.#passOf(set, revisions);
    const status = statusOf(after);
    if (!isEqual(plainCopy(status), set.status)) this.#hands.updateStatus(statefulSets, set, status);
  }

  #passOf(set: StatefulSet, revisions: Pick<Pass, 'current' | 'update'>): Pass {
    const own = this.#hands
      .list(pods, set.metadata.namespace)
      .filter((pod) => controllerOf(pod)?.uid === set.metadata.uid)
      .flatMap((pod) => {
        const ordinal = ordinalOf(set, pod.metadata.name);
        return ordinal === undefined ? [] : [{ ordinal, pod }];
      });
    return { hands: this.#hands, set, ...revisions, own, onDeleteFinishes: this.#onDeleteFinishes };
  }

  /** Takes pods that match and have no controller, and lets go those that do not match any more. */
  #claimPods(set: StatefulSet): void {
    for (const pod of this.#hands.list(pods, set.metadata.namespace)) {
      const isMatch = matchesSelector(pod.metadata.labels, set.spec.selector);
      const owner = controllerOf(pod);
      const isFree = owner === undefined && isMatch && ordinalOf(set, pod.metadata.name) !== undefined;
      const references = pod.metadata.ownerReferences ?? [];
      if (isFree && !isTerminating(pod)) {
        const ownerReferences = [...references, ownerReference(set)];
        this.#hands.update(pods, { ...pod, metadata: { ...pod.metadata, ownerReferences } });
      } else if (owner?.uid === set.metadata.uid && !isMatch) {
        const ownerReferences = references.filter((one) => one.uid !== owner?.uid);
        this.#hands.update(pods, { ...pod, metadata: { ...pod.metadata, ownerReferences } });
      }
    }
  }
}
