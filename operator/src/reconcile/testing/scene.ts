// SPDX-License-Identifier: Apache-2.0
import { assert } from '@shortlink/common/assert.ts';
import { CrashPoints, type CrashPoint } from '../../../testing/gateway/crash-points.ts';
import { KubeDouble } from '../../../testing/kube-double.ts';
import { StoreDouble } from '../../../testing/store-double.ts';
import { shortLinkClusterSchema } from '../../crd/shortlink-cluster-schema.gen.ts';
import type { ShortLinkCluster } from '../../crd/shortlink-cluster.gen.ts';
import type { KubeApi } from '../../ports/kube-api.ts';
import { clusters } from '../watched.ts';
import { OperatorLife, type Installation } from './operator-life.ts';

const namespace = 'default';
const name = 'links';
export const key = `${namespace}/${name}`;
const never = new AbortController().signal;
const roundMs = 1000;

type Spec = Readonly<Record<string, unknown>>;

/** A Kubernetes, a store, and operators that look after one cluster and may end at any moment. */
export class Scene {
  readonly store = new StoreDouble();
  readonly double: KubeDouble;
  /** As a user has it. */
  readonly kubectl: KubeApi;
  readonly errors: unknown[] = [];
  life: OperatorLife;
  #spec: Spec = { replicas: 3, storage: { size: '1Gi' } };

  constructor(seed = 1) {
    const kind = {
      resource: clusters,
      schema: shortLinkClusterSchema,
      isStructural: true,
      hasStatus: true,
      hasGeneration: true,
    };
    this.double = new KubeDouble({ seed, runtime: this.store, kinds: [kind] });
    this.store.attach(this.double.core);
    this.kubectl = this.double.connect();
    this.life = new OperatorLife(this.double, this.store, new CrashPoints());
  }

  /** Applies the spec with these fields changed. */
  async want(change: Spec, annotations: Readonly<Record<string, string>> = {}): Promise<void> {
    this.#spec = { ...this.#spec, ...change };
    const { apiVersion, kind } = clusters;
    const object = { apiVersion, kind, metadata: { name, namespace, annotations }, spec: this.#spec };
    const options = { fieldManager: 'kubectl', force: true };
    await this.kubectl.apply(clusters, object, options, never);
  }

  async cluster(): Promise<ShortLinkCluster> {
    const found = await this.kubectl.get(clusters, { namespace, name }, never);
    assert(found !== undefined, 'the cluster is there');
    return found as ShortLinkCluster;
  }

  /** Another operator takes over, as after a crash. */
  replaceOperator(crash?: CrashPoint, installation?: Installation): void {
    this.life.end();
    this.life = new OperatorLife(this.double, this.store, new CrashPoints(crash), installation);
  }

  /** Everybody does what there is to do, once. */
  async round(check: () => void = () => {}): Promise<void> {
    await this.double.settle();
    this.store.step();
    if (this.life.points.isCrashed) this.replaceOperator();
    await this.double.settle();
    if (this.life.hasSynced) {
      const error = await this.life.reconcile(key);
      if (error !== undefined && !this.life.points.isCrashed) this.errors.push(error);
    }
    check();
    await this.double.run(roundMs);
  }

  /** Until the status says that there is nothing to do and nothing to wait for, and nothing changes any more. */
  async settle(check: () => void = () => {}): Promise<ShortLinkCluster> {
    for (let round = 0, quiet = 0; round < 400; round++) {
      await this.round(check);
      const cluster = await this.cluster();
      const isSeen = cluster.status?.observedGeneration === cluster.metadata.generation;
      quiet = isSeen && cluster.status?.plan === undefined && !this.store.step() ? quiet + 1 : 0;
      if (quiet > 3) return cluster;
    }
    const { status } = await this.cluster();
    throw new Error(
      `no end: ${JSON.stringify(status?.plan)} ${String(this.errors.at(-1))} ${JSON.stringify(this.life.told)}`,
    );
  }
}
