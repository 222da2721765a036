// SPDX-License-Identifier: Apache-2.0
import { type NodeObject, type Taint, nodes } from '../kinds/infrastructure.ts';
import { type Pod, isReady, isTerminating, pods } from '../kinds/workloads.ts';
import { isEqual, plainCopy } from '../objects/json.ts';
import type { Core } from '../server/core.ts';
import { timestamp } from '../server/deletion.ts';
import type { Controller } from './controllers.ts';
import { Hands } from './hands.ts';
import type { Machines } from './machines.ts';
import { withConditions } from './pod-status.ts';
import { tolerates } from './scheduler.ts';

const unreachable = 'node.kubernetes.io/unreachable';
const outOfService = 'node.kubernetes.io/out-of-service';

/**
 * Tells of machines that do not answer (without the 40 s that the real one waits), deletes pods that do not tolerate it
 * any longer, and collects pods of nodes that are no more or out of service.
 */
export class NodeLifecycle implements Controller {
  readonly name = 'node-lifecycle';
  readonly #hands: Hands;
  readonly #machines: Machines;

  constructor(core: Core, machines: Machines) {
    this.#hands = new Hands(core, 'kube-controller-manager');
    this.#machines = machines;
  }

  keys(): readonly string[] {
    const named = this.#hands.list(pods).flatMap((pod) => pod.spec.nodeName ?? []);
    return [...new Set([...this.#hands.list(nodes).map((node) => node.metadata.name), ...named])];
  }

  sync(name: string): void {
    const node = this.#hands.get(nodes, { namespace: undefined, name });
    const bound = this.#hands.list(pods).filter((pod) => pod.spec.nodeName === name);
    if (node === undefined) {
      for (const pod of bound) this.#hands.delete(pods, pod, { gracePeriodSeconds: 0 });
      return;
    }
    const isUp = this.#machines.stateOf(name) === 'up';
    if (this.#writeTaints(node, isUp) || this.#writeStatus(node, isUp)) return;
    for (const pod of bound) this.#judge(pod, node, isUp);
  }

  #writeTaints(node: NodeObject, isUp: boolean): boolean {
    const old = node.spec?.taints ?? [];
    const others = old.filter((one) => one.key !== unreachable);
    const timeAdded = old.find((one) => one.key === unreachable)?.timeAdded ?? timestamp(this.#hands.nowMs);
    const own: readonly Taint[] = ['NoSchedule', 'NoExecute'].map((effect) => ({
      key: unreachable,
      effect,
      timeAdded,
    }));
    const taints = isUp ? others : [...others, ...own];
    if (isEqual(plainCopy(taints), old)) return false;
    this.#hands.update(nodes, { ...node, spec: { ...node.spec, taints } });
    return true;
  }

  #writeStatus(node: NodeObject, isUp: boolean): boolean {
    const ready = isUp
      ? { type: 'Ready', status: 'True', reason: 'KubeletReady' }
      : {
          type: 'Ready',
          status: 'Unknown',
          reason: 'NodeStatusUnknown',
          message: 'Kubelet stopped posting node status.',
        };
    const conditions = withConditions(node.status?.conditions ?? [], [ready], this.#hands.nowMs);
    const status = { ...node.status, conditions };
    if (isEqual(plainCopy(status), node.status)) return false;
    this.#hands.updateStatus(nodes, node, status);
    return true;
  }

  #judge(pod: Pod, node: NodeObject, isUp: boolean): void {
    const taints = node.spec?.taints ?? [];
    if (isTerminating(pod)) {
      const isOut = taints.some((one) => one.key === outOfService);
      if (isOut && !isUp) this.#hands.delete(pods, pod, { gracePeriodSeconds: 0 });
    } else if (taints.some((taint) => taint.effect === 'NoExecute' && this.#isEvicted(pod, taint))) {
      this.#hands.delete(pods, pod);
    } else if (!isUp && isReady(pod)) {
      const change = { type: 'Ready', status: 'False', reason: 'NodeNotReady' };
      const conditions = withConditions(pod.status?.conditions ?? [], [change], this.#hands.nowMs);
      this.#hands.updateStatus(pods, pod, { ...pod.status, conditions });
    }
  }

  #isEvicted(pod: Pod, taint: Taint): boolean {
    const tolerations = (pod.spec.tolerations ?? []).filter((one) => tolerates([one], taint));
    if (tolerations.length === 0) return true;
    const seconds = tolerations.flatMap((one) => one.tolerationSeconds ?? []);
    if (seconds.length === 0) return false;
    return Date.parse(taint.timeAdded ?? '') + Math.min(...seconds) * 1000 <= this.#hands.nowMs;
  }
}
