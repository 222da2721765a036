// SPDX-License-Identifier: Apache-2.0
import {
  type PersistentVolume,
  type PersistentVolumeClaim,
  type StorageClass,
  claims,
  nodes,
  storageClasses,
  volumes,
  zoneLabel,
} from '../kinds/infrastructure.ts';
import { claimProtection } from '../kinds/storage-kinds.ts';
import { claimNamesOf, hasEnded, isTerminating, pods } from '../kinds/workloads.ts';
import type { Core } from '../server/core.ts';
import { type Controller, keyOfText, textOf } from './controllers.ts';
import { Hands } from './hands.ts';
import { selectedNodeAnnotation } from './scheduler.ts';

/** Provisions and binds volumes, keeps claims that are in use, and frees volumes whose claims are gone. */
export class VolumeController implements Controller {
  readonly name = 'volumes';
  readonly #hands: Hands;

  constructor(core: Core) {
    this.#hands = new Hands(core, 'kube-controller-manager');
  }

  keys(): readonly string[] {
    return [...this.#hands.list(claims), ...this.#hands.list(volumes)].map(textOf);
  }

  sync(text: string): void {
    const key = keyOfText(text);
    if (key.namespace === undefined) {
      const volume = this.#hands.get(volumes, key);
      if (volume !== undefined) this.#free(volume);
      return;
    }
    const claim = this.#hands.get(claims, key);
    if (claim === undefined) return;
    if (isTerminating(claim)) this.#letGo(claim);
    else if (claim.status?.phase !== 'Bound') this.#bind(claim);
  }

  #classOf(claim: PersistentVolumeClaim): StorageClass | undefined {
    const name = claim.spec.storageClassName;
    return name === undefined ? undefined : this.#hands.get(storageClasses, { namespace: undefined, name });
  }

  #bind(claim: PersistentVolumeClaim): void {
    const { name, namespace, uid } = claim.metadata;
    const storageClass = this.#classOf(claim);
    const selected = claim.metadata.annotations?.[selectedNodeAnnotation];
    const isLate = storageClass?.volumeBindingMode === 'WaitForFirstConsumer';
    if (storageClass === undefined || (isLate && selected === undefined)) return;
    const volumeName = `pvc-${uid ?? ''}`;
    const storage = claim.spec.resources?.requests?.storage ?? '';
    if (this.#hands.get(volumes, { namespace: undefined, name: volumeName }) === undefined) {
      const affinity = this.#affinity(storageClass, selected);
      this.#hands.create(volumes, {
        apiVersion: volumes.apiVersion,
        kind: volumes.kind,
        metadata: { name: volumeName },
        spec: {
          capacity: { storage },
          claimRef: { namespace: namespace ?? '', name, uid: uid ?? '' },
          persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? 'Delete',
          storageClassName: storageClass.metadata.name,
          ...(affinity === undefined ? {} : { nodeAffinity: affinity }),
        },
      });
    } else if (claim.spec.volumeName === undefined) {
      this.#hands.update(claims, { ...claim, spec: { ...claim.spec, volumeName } });
    } else {
      this.#hands.updateStatus(claims, claim, {
        phase: 'Bound',
        accessModes: claim.spec.accessModes ?? ['ReadWriteOnce'],
        capacity: { storage },
      });
    }
  }

  #affinity(storageClass: StorageClass, nodeName: string | undefined): PersistentVolume['spec']['nodeAffinity'] {
    const key = storageClass.parameters?.['topologyKey'] ?? zoneLabel;
    const node = nodeName === undefined ? undefined : this.#hands.get(nodes, { namespace: undefined, name: nodeName });
    const value = node?.metadata.labels?.[key];
    return value === undefined ? undefined : { key, value };
  }

  /** A claim stays until no pod uses it any more. */
  #letGo(claim: PersistentVolumeClaim): void {
    const finalizers = claim.metadata.finalizers ?? [];
    const isUsed = this.#hands
      .list(pods, claim.metadata.namespace)
      .some((pod) => !hasEnded(pod) && claimNamesOf(pod).includes(claim.metadata.name));
    if (isUsed || !finalizers.includes(claimProtection)) return;
    const kept = finalizers.filter((one) => one !== claimProtection);
    this.#hands.update(claims, { ...claim, metadata: { ...claim.metadata, finalizers: kept } });
  }

  #free(volume: PersistentVolume): void {
    const reference = volume.spec.claimRef;
    if (reference === undefined) return;
    const claim = this.#hands.get(claims, { namespace: reference.namespace, name: reference.name });
    const phase = claim?.metadata.uid === reference.uid ? 'Bound' : 'Released';
    if (phase === 'Released' && volume.spec.persistentVolumeReclaimPolicy === 'Delete') {
      this.#hands.delete(volumes, volume);
    } else if (volume.status?.phase !== phase) {
      this.#hands.updateStatus(volumes, volume, { phase });
    }
  }
}
