// SPDX-License-Identifier: Apache-2.0
import { defined } from '@shortlink/common/assert.ts';
import { StoreModel } from '../../../testing/store-model.ts';
import type { Intent } from '../intent.ts';
import type { ClaimState, Observed, PodState, StoreState } from '../observed.ts';
import type { Action } from '../step.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Pod = Mutable<PodState> & { startsIn: number };
type Claim = Mutable<ClaimState> & { data: string | undefined };
const volumeBytes = 1000;

/** A Kubernetes and a store as small as the planner needs, which do one thing at a time when they are asked to. */
export class World {
  replicas: number | undefined;
  readonly pods = new Map<number, Pod>();
  readonly claims = new Map<number, Claim>();
  readonly store = new StoreModel();
  template: string;
  /** Pods of these templates never become ready. */
  readonly bad = new Set<string>();
  /** Containers end now and then, and start again where they are. */
  crashes = false;
  #ids = 0;
  readonly #name: string;
  readonly #chance: () => number;

  constructor(intent: Intent, chance: () => number) {
    this.#name = intent.name;
    this.template = intent.templateHash;
    this.#chance = chance;
  }

  /** A snapshot: what changes later does not show in it. */
  observe(): Observed {
    const { replicas } = this;
    const store = this.#storeState();
    return {
      nowMs: 0,
      outdatedObjects: [],
      strayObjects: [],
      statefulSet:
        replicas === undefined
          ? undefined
          : { uid: 'set', resourceVersion: '1', replicas, isObserved: true, claimBytes: volumeBytes },
      pods: [...this.pods.values()].map((pod) => ({ ...pod })),
      claims: [...this.claims.values()].map((claim) => ({ ...claim })),
      kubeNodes: [],
      certificates: undefined,
      store,
    };
  }

  #storeState(): StoreState | undefined {
    const { nodes, shards, shardReplicas } = this.store;
    // Without a leader of the meta group nobody can say how the cluster is.
    const [meta] = shards;
    if (meta === undefined ? nodes.length === 0 : !this.store.hasQuorum(meta)) return undefined;
    const facts = {
      zone: '',
      version: undefined,
      chunksHeld: 0,
      chunkBytes: 0,
      diskFreeBytes: 1000,
      storeProblem: undefined,
    };
    return {
      clusterId: 'c',
      mapEpoch: 1,
      ringEpoch: 1,
      operatorEpoch: 1,
      shardReplicas,
      nodes: nodes.map((node) => ({ ...node, ...facts })),
      shards: shards.map(({ id, replicas, leader }) => {
        const voters = replicas.map((nodeId) => ({ nodeId, isLearner: false, lagEntries: 0 }));
        return { id, leaderNodeId: leader, replicas: voters };
      }),
      brake: '',
      chunks: { total: 0, underReplicated: 0, moving: 0 },
    };
  }

  /** What the API server or the store does with an order. Orders about objects that are gone are refused there, too. */
  act(action: Action): void {
    if (action.kind === 'setReplicas') this.replicas = action.replicas;
    else if (action.kind === 'deletePod') {
      const pod = [...this.pods.values()].find(({ uid }) => uid === action.version.uid);
      if (pod !== undefined) this.#take(pod);
    } else if (action.kind === 'deleteClaim') {
      const claim = [...this.claims.values()].find(({ uid }) => uid === action.version.uid);
      if (claim !== undefined) claim.isDeleting = true;
    } else if (action.kind === 'recordNode') {
      const claim = [...this.claims.values()].find(({ name }) => name === action.claim);
      if (claim !== undefined) claim.nodeId = action.nodeId;
    } else if (action.kind === 'holdNode') this.store.node(action.nodeId).isHeld = true;
    else if (action.kind === 'releaseNode') this.store.node(action.nodeId).isHeld = false;
    else if (action.kind === 'hastenNode') this.store.node(action.nodeId).isDraining = true;
    else if (action.kind === 'removeNode') this.store.node(action.nodeId).isDraining = true;
    else if (action.kind === 'cancelRemoveNode') this.store.node(action.nodeId).isDraining = false;
    else if (action.kind === 'transferLeadership')
      defined(this.store.shards[action.shard], 'shard').leader = action.toNodeId;
    else throw new Error(`the world knows no ${action.kind}`);
  }

  /** One thing happens, whichever it is. */
  step(): void {
    const moves = [
      () => this.#pods(),
      () => this.#starts(),
      () => this.#ends(),
      () => this.store.drain(),
      () => this.store.elect(),
    ];
    if (this.crashes && this.#chance() < 0.03) this.#crash();
    defined(moves[Math.floor(this.#chance() * moves.length)], 'move')();
  }

  #crash(): void {
    const running = [...this.pods.values()].filter(({ isReady }) => isReady);
    const pod = running[Math.floor(this.#chance() * running.length)];
    if (pod === undefined) return;
    pod.isReady = false;
    pod.isStopped = true;
    pod.problem = 'CrashLoopBackOff';
    pod.startsIn = 3;
    this.#silence(pod);
  }

  #silence({ ordinal }: Pod): void {
    const claim = this.claims.get(ordinal);
    for (const node of this.store.nodes) if (node.id === claim?.data) node.liveness = 'down';
  }

  #take(pod: Pod): void {
    pod.isDeleting = true;
    pod.isReady = false;
    this.#silence(pod);
  }

  /** The StatefulSet's controller. */
  #pods(): void {
    const replicas = this.replicas ?? 0;
    for (let ordinal = 0; ordinal < replicas; ordinal++) {
      if (this.pods.has(ordinal) || this.claims.get(ordinal)?.isDeleting === true) continue;
      const uid = `pod-${this.#ids++}`;
      const at = { uid, resourceVersion: '1', ordinal };
      const pod = {
        ...at,
        name: `${this.#name}-${ordinal}`,
        templateHash: this.template,
        isReady: false,
        isDeleting: false,
      };
      this.pods.set(ordinal, {
        ...pod,
        kubeNode: 'machine',
        zone: undefined,
        isFenced: false,
        isStopped: this.bad.has(this.template),
        problem: this.bad.has(this.template) ? 'ErrImagePull' : undefined,
        waitsFor: undefined,
        startsIn: 2,
      });
      if (!this.claims.has(ordinal)) this.claims.set(ordinal, this.#newClaim(ordinal));
      return;
    }
    const above = [...this.pods.values()].find((pod) => pod.ordinal >= replicas && !pod.isDeleting);
    if (above !== undefined) this.#take(above);
  }

  #newClaim(ordinal: number): Claim {
    const uid = `claim-${this.#ids++}`;
    const size = { requestedBytes: volumeBytes, capacityBytes: volumeBytes, canGrow: true, resizeProblem: undefined };
    const state = { goesWithCluster: false, isLost: false, isDeleting: false, nodeId: undefined, data: undefined };
    return { uid, resourceVersion: '1', name: `data-${this.#name}-${ordinal}`, ordinal, ...size, ...state };
  }

  #starts(): void {
    for (const pod of this.pods.values()) {
      if (pod.isReady || pod.isDeleting || this.bad.has(pod.templateHash) || pod.startsIn-- > 0) continue;
      const claim = defined(this.claims.get(pod.ordinal), 'claim');
      // A node that was forgotten does not come back: it says what to do, and is not ready.
      if (claim.data !== undefined && this.store.forgotten.has(claim.data)) continue;
      claim.data ??= this.store.join(pod.name);
      this.store.node(claim.data).liveness = 'alive';
      pod.isReady = true;
      pod.isStopped = false;
      pod.problem = undefined;
      return;
    }
  }

  #ends(): void {
    for (const pod of this.pods.values()) {
      if (!pod.isDeleting) continue;
      this.pods.delete(pod.ordinal);
      return;
    }
    for (const claim of this.claims.values()) {
      if (!claim.isDeleting || this.pods.has(claim.ordinal)) continue;
      this.claims.delete(claim.ordinal);
      return;
    }
  }
}
