// SPDX-License-Identifier: Apache-2.0
import {
  type PersistentVolume,
  type PersistentVolumeClaim,
  claims,
  storageClasses,
  volumes,
} from '../kinds/infrastructure.ts';
import { type Condition, claimNamesOf, hasEnded, pods } from '../kinds/workloads.ts';
import { isEqual, plainCopy } from '../objects/json.ts';
import { bytesOf } from '../objects/quantity.ts';
import type { Core } from '../server/core.ts';
import { type Controller, keyOfText, textOf } from './controllers.ts';
import { Hands } from './hands.ts';
import { withConditions } from './pod-status.ts';

const own = ['Resizing', 'FileSystemResizePending', 'ControllerResizeError'];

/**
 * Grows volumes in their two stages: the volume itself, then its file system, which needs a running pod. By the class's
 * parameter `expansion`: `online` (default), `offline` (the volume grows only while no pod uses it) or `fails`.
 */
export class VolumeExpansion implements Controller {
  readonly name = 'volume-expansion';
  readonly #hands: Hands;

  constructor(core: Core) {
    this.#hands = new Hands(core, 'external-resizer');
  }

  keys(): readonly string[] {
    return this.#hands.list(claims).map(textOf);
  }

  sync(text: string): void {
    const claim = this.#hands.get(claims, keyOfText(text));
    const volumeName = claim?.spec.volumeName;
    if (claim?.status?.phase !== 'Bound' || volumeName === undefined) return;
    const volume = this.#hands.get(volumes, { namespace: undefined, name: volumeName });
    if (volume === undefined) return;
    const wanted = bytesOf(claim.spec.resources?.requests?.storage) ?? 0;
    if (wanted > (bytesOf(volume.spec.capacity.storage) ?? 0)) this.#growVolume(claim, volume);
    else if (wanted > (bytesOf(claim.status.capacity?.storage) ?? 0)) this.#growFileSystem(claim, volume);
  }

  #growVolume(claim: PersistentVolumeClaim, volume: PersistentVolume): void {
    const mode = this.#modeOf(claim);
    if (mode === 'fails') {
      const message = 'the storage refuses to grow this volume';
      this.#report(claim, { type: 'ControllerResizeError', status: 'True', message }, 'ControllerResizeInfeasible');
    } else if (mode === 'offline' && this.#isUsed(claim, () => true)) {
      this.#report(
        claim,
        { type: 'Resizing', status: 'True', message: 'the volume is in use' },
        'ControllerResizeInProgress',
      );
    } else {
      const storage = claim.spec.resources?.requests?.storage ?? '';
      this.#hands.update(volumes, { ...volume, spec: { ...volume.spec, capacity: { storage } } });
    }
  }

  #growFileSystem(claim: PersistentVolumeClaim, volume: PersistentVolume): void {
    if (this.#isUsed(claim, (phase) => phase === 'Running')) {
      const others = (claim.status?.conditions ?? []).filter((one) => !own.includes(one.type));
      this.#hands.updateStatus(claims, claim, {
        ...claim.status,
        capacity: { storage: volume.spec.capacity.storage },
        conditions: others,
        allocatedResourceStatuses: undefined,
      });
      return;
    }
    const message = 'Waiting for user to (re-)start a pod to finish file system resize of volume on node.';
    this.#report(claim, { type: 'FileSystemResizePending', status: 'True', message }, 'NodeResizePending');
  }

  #modeOf(claim: PersistentVolumeClaim): string {
    const name = claim.spec.storageClassName ?? '';
    return this.#hands.get(storageClasses, { namespace: undefined, name })?.parameters?.['expansion'] ?? 'online';
  }

  #isUsed(claim: PersistentVolumeClaim, isCounted: (phase: string | undefined) => boolean): boolean {
    return this.#hands
      .list(pods, claim.metadata.namespace)
      .some((pod) => !hasEnded(pod) && claimNamesOf(pod).includes(claim.metadata.name) && isCounted(pod.status?.phase));
  }

  #report(claim: PersistentVolumeClaim, condition: Omit<Condition, 'lastTransitionTime'>, state: string): void {
    const others = (claim.status?.conditions ?? []).filter(
      (one) => !own.includes(one.type) || one.type === condition.type,
    );
    const status = {
      ...claim.status,
      conditions: withConditions(others, [condition], this.#hands.nowMs),
      allocatedResourceStatuses: { storage: state },
    };
    if (!isEqual(plainCopy(status), claim.status)) this.#hands.updateStatus(claims, claim, status);
  }
}
