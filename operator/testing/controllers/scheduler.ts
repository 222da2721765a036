// SPDX-License-Identifier: Apache-2.0
import {
  type NodeObject,
  type PersistentVolumeClaim,
  claims,
  nodes,
  volumes,
  zoneLabel,
} from '../kinds/infrastructure.ts';
import { type Pod, type Toleration, claimNamesOf, hasEnded, isTerminating, pods } from '../kinds/workloads.ts';
import { isEqual, plainCopy } from '../objects/json.ts';
import type { Core } from '../server/core.ts';
import { type Controller, keyOfText, textOf } from './controllers.ts';
import { Hands } from './hands.ts';
import { withConditions } from './pod-status.ts';

export const selectedNodeAnnotation = 'volume.kubernetes.io/selected-node';

/** Binds pods to nodes: where their volumes are, over the zones, where taints allow. */
export class Scheduler implements Controller {
  readonly name = 'scheduler';
  readonly #hands: Hands;

  constructor(core: Core) {
    this.#hands = new Hands(core, 'kube-scheduler');
  }

  keys(): readonly string[] {
    return this.#hands
      .list(pods)
      .filter((pod) => pod.spec.nodeName === undefined && !isTerminating(pod))
      .map(textOf);
  }

  sync(key: string): void {
    const pod = this.#hands.get(pods, keyOfText(key));
    if (pod === undefined || pod.spec.nodeName !== undefined) return;
    const missing = claimNamesOf(pod).find((name) => this.#claimOf(pod, name) === undefined);
    const [node] = missing === undefined ? this.#candidates(pod) : [];
    if (node === undefined) {
      const none = '0 nodes are available: of none are taints, selectors and volumes such that the pod fits';
      this.#reportUnschedulable(pod, missing === undefined ? none : `persistentvolumeclaim "${missing}" not found`);
    } else if (this.#areVolumesBound(pod, node)) {
      this.#hands.update(pods, { ...pod, spec: { ...pod.spec, nodeName: node.metadata.name } });
    }
  }

  #claimOf(pod: Pod, name: string): PersistentVolumeClaim | undefined {
    const claim = this.#hands.get(claims, { namespace: pod.metadata.namespace, name });
    return claim === undefined || isTerminating(claim) ? undefined : claim;
  }

  /** The best one first: the zone, then the node, with the fewest pods of its kind. */
  #candidates(pod: Pod): readonly NodeObject[] {
    const zoneOf = (node: NodeObject): string => node.metadata.labels?.[zoneLabel] ?? '';
    const all = this.#hands.list(nodes);
    const owner = pod.metadata.ownerReferences?.[0]?.uid;
    const places = this.#hands
      .list(pods, pod.metadata.namespace)
      .filter((one) => one.metadata.ownerReferences?.[0]?.uid === owner && one !== pod && !hasEnded(one))
      .map((one) => this.#placeOf(one));
    const onNode = (node: NodeObject): number => places.filter((one) => one === node.metadata.name).length;
    const inZone = (node: NodeObject): number =>
      all.filter((one) => zoneOf(one) === zoneOf(node)).reduce((sum, one) => sum + onNode(one), 0);
    return all
      .filter((node) => fits(pod, node) && this.#suitsVolumes(pod, node))
      .toSorted((a, b) => inZone(a) - inZone(b) || onNode(a) - onNode(b));
  }

  /** A pod that waits for its volumes counts where they will be. */
  #placeOf(pod: Pod): string | undefined {
    const annotations = claimNamesOf(pod).map((name) => this.#claimOf(pod, name)?.metadata.annotations);
    return pod.spec.nodeName ?? annotations.find((one) => one?.[selectedNodeAnnotation])?.[selectedNodeAnnotation];
  }

  #suitsVolumes(pod: Pod, node: NodeObject): boolean {
    return claimNamesOf(pod).every((name) => {
      const volumeName = this.#claimOf(pod, name)?.spec.volumeName;
      const volume =
        volumeName === undefined ? undefined : this.#hands.get(volumes, { namespace: undefined, name: volumeName });
      const affinity = volume?.spec.nodeAffinity;
      return affinity === undefined || node.metadata.labels?.[affinity.key] === affinity.value;
    });
  }

  /** Asks for volumes on the node where they are missing. */
  #areVolumesBound(pod: Pod, node: NodeObject): boolean {
    let areBound = true;
    for (const name of claimNamesOf(pod)) {
      const claim = this.#hands.get(claims, { namespace: pod.metadata.namespace, name });
      if (claim === undefined || claim.status?.phase === 'Bound') continue;
      areBound = false;
      const annotations = { ...claim.metadata.annotations, [selectedNodeAnnotation]: node.metadata.name };
      this.#hands.update(claims, { ...claim, metadata: { ...claim.metadata, annotations } });
    }
    return areBound;
  }

  #reportUnschedulable(pod: Pod, message: string): void {
    const change = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message };
    const status = {
      ...pod.status,
      conditions: withConditions(pod.status?.conditions ?? [], [change], this.#hands.nowMs),
    };
    if (!isEqual(plainCopy(status), pod.status)) this.#hands.updateStatus(pods, pod, status);
  }
}

export function tolerates(
  tolerations: readonly Toleration[],
  taint: { key: string; value?: string; effect: string },
): boolean {
  return tolerations.some(
    (one) =>
      (one.key === undefined || one.key === taint.key) &&
      (one.effect === undefined || one.effect === taint.effect) &&
      (one.operator === 'Exists' || (one.value ?? '') === (taint.value ?? '')),
  );
}

function fits(pod: Pod, node: NodeObject): boolean {
  const isReady = node.status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') === true;
  const taints = (node.spec?.taints ?? []).filter((one) => one.effect !== 'PreferNoSchedule');
  const selected = Object.entries(pod.spec.nodeSelector ?? {});
  return (
    isReady &&
    node.spec?.unschedulable !== true &&
    taints.every((taint) => tolerates(pod.spec.tolerations ?? [], taint)) &&
    selected.every(([name, value]) => node.metadata.labels?.[name] === value)
  );
}
