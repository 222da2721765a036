// SPDX-License-Identifier: Apache-2.0
import { defined } from '@shortlink/common/assert.ts';
import { fenceAnnotation } from '../src/desired/names.ts';
import type { NodeReport, StoreApi, StoreOrder, UploadReport } from '../src/ports/store-api.ts';
import { StoreError } from '../src/ports/store-api.ts';
import { claims } from '../src/reconcile/watched.ts';
import type { Pod } from './kinds/workloads.ts';
import { type PodRuntime, type ProbeAnswer, ScriptedRuntime, type StartAnswer } from './pod-runtime.ts';
import type { Core } from './server/core.ts';
import { StoreModel } from './store-model.ts';

/** A store whose nodes are the pods of the fake kubelet: what a node is, lies on its volume. */
export class StoreDouble implements PodRuntime, StoreApi {
  readonly model = new StoreModel();
  readonly scripted = new ScriptedRuntime();
  /** Orders that the nodes refuse, for reasons of theirs. */
  refuses: (order: StoreOrder) => boolean = () => false;
  /** Ids of nodes by the uid of the claim that holds their data. */
  readonly #data = new Map<string, string>();
  readonly #running = new Map<string, { readonly pod: Pod; readonly nodeId: string }>();
  readonly #addresses = new Map<string, string>();
  /** Pods, by their uids, whose process waits without its volume. */
  readonly #fenced = new Set<string>();
  #core: Core | undefined;
  #nextIp = 1;

  /** Where volumes are looked up. */
  attach(core: Core): void {
    this.#core = core;
  }

  /** What the cluster does by itself, one thing. */
  step(): boolean {
    return this.model.elect() || this.model.drain();
  }

  start(pod: Pod): StartAnswer {
    const answer = this.scripted.start(pod);
    if (answer.outcome !== 'started') return answer;
    const claim = this.#claimOf(pod);
    const nodeId = this.#data.get(claim) ?? this.model.join(pod.metadata.name);
    this.#data.set(claim, nodeId);
    const uid = pod.metadata.uid ?? '';
    this.#running.set(uid, { pod, nodeId });
    // One that was forgotten finds nobody who knows it, and waits.
    if (!this.model.forgotten.has(nodeId)) this.model.node(nodeId).liveness = 'alive';
    const podIp = `10.0.0.${this.#nextIp++}`;
    this.#addresses.set(`${podIp}:8082`, uid);
    return { outcome: 'started', podIp };
  }

  probe(pod: Pod): ProbeAnswer {
    const running = this.#running.get(pod.metadata.uid ?? '');
    const answer = this.scripted.probe(pod);
    if (running === undefined || answer.state !== 'running') return answer;
    if (this.#isFenced(pod, running.nodeId)) return { state: 'running', isReady: false };
    const isMember = !this.model.forgotten.has(running.nodeId) && this.model.shards.length > 0;
    return { state: 'running', isReady: answer.isReady && isMember };
  }

  #isFenced({ metadata }: Pod, nodeId: string): boolean {
    const uid = metadata.uid ?? '';
    const node = this.model.nodes.find(({ id }) => id === nodeId);
    const isFenced = metadata.annotations?.[fenceAnnotation] === 'true';
    if (node !== undefined && isFenced !== this.#fenced.has(uid)) node.liveness = isFenced ? 'down' : 'alive';
    if (isFenced) this.#fenced.add(uid);
    else this.#fenced.delete(uid);
    return isFenced;
  }

  stop(pod: Pod, graceSeconds: number): boolean {
    if (!this.scripted.stop(pod, graceSeconds)) return false;
    const uid = pod.metadata.uid ?? '';
    const running = this.#running.get(uid);
    this.#running.delete(uid);
    const node = this.model.nodes.find(({ id }) => id === running?.nodeId);
    if (node !== undefined && node.liveness === 'alive') node.liveness = 'down';
    return true;
  }

  #claimOf({ metadata }: Pod): string {
    const key = { namespace: metadata.namespace, name: `data-${metadata.name}` };
    return defined(this.#core?.get(claims, key)?.metadata.uid, `claim ${key.name}`);
  }

  async report(address: string): Promise<NodeReport> {
    const { pod, nodeId } = this.#at(address);
    const { model } = this;
    const isMember = !model.forgotten.has(nodeId) && model.shards.length > 0;
    const meta = model.shards[0];
    const hasMeta = meta !== undefined && model.hasQuorum(meta) && meta.leader !== undefined;
    const own = model.shards.filter(({ replicas }) => replicas.includes(nodeId));
    return {
      nodeId,
      name: pod.metadata.name,
      version: '0.1.0',
      waitingFor: '',
      map: isMember ? this.#map() : undefined,
      replicas: own.map(({ id }) => ({ shard: id, commitIndex: 10, appliedIndex: 10, isHealthy: true })),
      leaders: model.shards.flatMap(({ id, leader }) => (leader === undefined ? [] : [{ shard: id, nodeId: leader }])),
      ring: isMember && hasMeta ? this.#ring() : undefined,
    };
  }

  #map(): NonNullable<NodeReport['map']> {
    const { mapEpoch, shardReplicas, nodes, shards } = this.model;
    return {
      clusterId: 'cluster',
      epoch: mapEpoch,
      ringEpoch: mapEpoch,
      shardReplicas,
      nodes: nodes.map(({ id, name, isDraining, liveness }) => {
        return { id, name, zone: 'zone-a', isDraining, isOut: liveness === 'out' };
      }),
      shards: shards.map(({ id, replicas }) => {
        return { id, replicas: replicas.map((nodeId) => ({ nodeId, isLearner: false })) };
      }),
    };
  }

  #ring(): NonNullable<NodeReport['ring']> {
    const { mapEpoch, operatorEpoch, nodes } = this.model;
    return {
      epoch: mapEpoch,
      operatorEpoch,
      brake: '',
      nodes: nodes.map(({ id, liveness, isHeld }) => {
        return { id, liveness, isHeld, chunksHeld: 0, chunkBytes: 0, diskFreeBytes: 1e9, storeProblem: '' };
      }),
      chunks: { total: 0, underReplicated: 0, moving: 0 },
    };
  }

  async uploads(address: string): Promise<readonly UploadReport[]> {
    this.#at(address);
    return [];
  }

  async takeEpoch(address: string): Promise<number> {
    this.#at(address);
    return ++this.model.operatorEpoch;
  }

  async order(address: string, order: StoreOrder, epoch: number): Promise<void> {
    this.#at(address);
    if (epoch !== this.model.operatorEpoch) throw new StoreError('somebody else is in charge', true);
    if (this.refuses(order)) throw new StoreError(`${order.kind} is refused`, true);
    if (order.kind === 'upload') this.model.uploads++;
    else if (order.kind === 'transferLeadership')
      defined(this.model.shards[order.shard], 'shard').leader = order.toNodeId;
    else {
      const node = this.model.nodes.find(({ id }) => id === order.nodeId);
      if (node === undefined) throw new StoreError(`there is no node ${order.nodeId}`, true);
      if (order.kind === 'holdNode') node.isHeld = true;
      else if (order.kind === 'releaseNode') node.isHeld = false;
      else if (order.kind === 'removeNode') node.isDraining = true;
      else if (order.kind === 'cancelRemoveNode') node.isDraining = false;
      else node.liveness = 'out';
    }
  }

  #at(address: string): { readonly pod: Pod; readonly nodeId: string } {
    const uid = this.#addresses.get(address) ?? '';
    const running = this.#running.get(uid);
    if (running === undefined || this.#fenced.has(uid)) throw new StoreError(`${address}: connection refused`, false);
    return running;
  }
}
