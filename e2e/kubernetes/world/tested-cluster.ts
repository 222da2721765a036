// SPDX-License-Identifier: Apache-2.0
import type { ShortLinkCluster } from '../../../operator/src/crd/shortlink-cluster.gen.ts';
import { clusterLabel, objectNames } from '../../../operator/src/desired/names.ts';
import { uploadAnnotation } from '../../../operator/src/reconcile/uploads.ts';
import { clusters } from '../../../operator/src/reconcile/watched.ts';
import { isFields } from '../../../operator/src/crd/schema.ts';
import { eventually } from '../../harness/wait.ts';
import { isReady, kinds, type Objects, type Pod, type ResourceOf } from './objects.ts';

export type Fields = Readonly<Record<string, unknown>>;

const resource: ResourceOf<ShortLinkCluster> = clusters;

/** Small, so that several of them fit on a laptop; and hasty, so that a lost node counts as lost within the minute. */
export const baseSpec: Fields = {
  replicas: 3,
  storage: { size: '1Gi' },
  ring: { suspectAfter: '3s', downAfter: '8s', outAfter: '60s' },
  resources: { requests: { cpu: '50m', memory: '256Mi' } },
};

/** One ShortLinkCluster, as its user has it: a spec to apply, a status to wait for. */
export class TestedCluster {
  readonly namespace: string;
  readonly name: string;
  readonly #objects: Objects;
  #spec: Fields;
  #uploadAt: string | undefined;

  constructor(
    objects: Objects,
    { namespace, name }: { readonly namespace: string; readonly name: string },
    spec: Fields,
  ) {
    this.#objects = objects;
    this.namespace = namespace;
    this.name = name;
    this.#spec = merged(baseSpec, spec);
  }

  get selector(): string {
    return `${clusterLabel}=${this.name}`;
  }

  /** Applies the spec with these fields changed; undefined ones are left out from now on. @throws KubeError on refusal. */
  async apply(change: Fields = {}): Promise<void> {
    const spec = merged(this.#spec, change);
    const { apiVersion, kind } = clusters;
    const annotations = this.#uploadAt === undefined ? {} : { [uploadAnnotation]: this.#uploadAt };
    const metadata = { name: this.name, namespace: this.namespace, annotations };
    const object = { apiVersion, kind, metadata, spec };
    await this.#objects.apply(clusters, object);
    // What was refused is not wanted.
    this.#spec = spec;
  }

  async read(): Promise<ShortLinkCluster | undefined> {
    return this.#objects.get(resource, { namespace: this.namespace, name: this.name });
  }

  async condition(type: string) {
    const seen = await this.read();
    return seen === undefined ? undefined : condition(seen, type);
  }

  async delete(): Promise<void> {
    await this.#objects.delete(clusters, { namespace: this.namespace, name: this.name });
  }

  /** Waits until the cluster, as the API server shows it, is so. A failed look is no answer. */
  async until(what: string, check: (cluster: ShortLinkCluster) => boolean, limitMs: number): Promise<void> {
    let last: ShortLinkCluster | undefined;
    try {
      await eventually(
        what,
        async () => {
          last = await this.read().catch(() => undefined);
          return last !== undefined && check(last);
        },
        limitMs,
      );
    } catch (cause) {
      throw new Error(`waited ${limitMs} ms in vain for ${what}; ${describe(last)}`, { cause });
    }
  }

  /** As its spec wants it, with nothing left to do. */
  async untilWhole(limitMs: number): Promise<void> {
    await this.until('the cluster to be as its spec wants it', isWhole, limitMs);
  }

  async pods(): Promise<readonly Pod[]> {
    const pods = await this.#objects.list(kinds.pods, this.namespace, this.selector);
    return pods.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  }

  async pod(ordinal: number): Promise<Pod | undefined> {
    return this.#objects.get(kinds.pods, { namespace: this.namespace, name: `${this.name}-${ordinal}` });
  }

  /** Pods by their uids, which change when a pod is made anew. */
  async podUids(): Promise<ReadonlyMap<string, string>> {
    return new Map((await this.pods()).map(({ metadata }) => [metadata.name, metadata.uid ?? '']));
  }

  async deletePod(ordinal: number, gracePeriodSeconds?: number): Promise<void> {
    const key = { namespace: this.namespace, name: `${this.name}-${ordinal}` };
    await this.#objects.delete(kinds.pods, key, gracePeriodSeconds);
  }

  /** Waits until another pod than that of `uid` is ready under the name. */
  async untilPodIsBack(ordinal: number, uid: string | undefined, limitMs: number): Promise<void> {
    const what = `pod ${this.name}-${ordinal} to be back`;
    await eventually(
      what,
      async () => {
        const pod = await this.pod(ordinal).catch(() => undefined);
        return pod !== undefined && pod.metadata.uid !== uid && isReady(pod);
      },
      limitMs,
    );
  }

  /** Asks for everything to be uploaded, as `kubectl annotate` does. */
  async requestUpload(): Promise<void> {
    // Seconds are what times of Kubernetes have: two requests within one would be the same.
    const before = Date.parse(this.#uploadAt ?? '') || 0;
    this.#uploadAt = new Date(Math.max(Date.now(), before + 1000)).toISOString().replace(/\.\d+Z$/, 'Z');
    await this.apply();
  }

  /** What was asked for last is in the object store. */
  async untilUploaded(limitMs: number): Promise<void> {
    const wanted = Date.parse(this.#uploadAt ?? '');
    await this.until(
      'the upload to be complete',
      ({ status }) =>
        Date.parse(status?.upload?.requestedAt ?? '') >= wanted &&
        status?.upload?.completedAt !== undefined &&
        (status.chunks?.total ?? 0) > 0,
      limitMs,
    );
  }

  /** The token of the Secret that the operator made. */
  async token(): Promise<string> {
    const key = { namespace: this.namespace, name: objectNames(this.name).adminToken };
    const secret = await this.#objects.get(kinds.secrets, key);
    const token = atob(secret?.data?.['token'] ?? '').trim();
    if (token === '') throw new Error(`Secret ${key.name} holds no token yet`);
    return token;
  }

  /** Ids of the members, by the names of their pods. */
  async nodeIds(): Promise<ReadonlyMap<string, string>> {
    const nodes = (await this.read())?.status?.nodes ?? [];
    return new Map(nodes.map(({ id, pod }) => [pod ?? '', id]));
  }
}

export function condition(cluster: ShortLinkCluster, type: string) {
  return cluster.status?.conditions?.find((one) => one.type === type);
}

export function isWhole({ metadata, spec, status }: ShortLinkCluster): boolean {
  if (status === undefined) return false;
  const find = (type: string): string | undefined => status.conditions?.find((one) => one.type === type)?.status;
  return (
    status.observedGeneration === metadata.generation &&
    status.replicas === spec.replicas &&
    status.readyReplicas === spec.replicas &&
    status.nodes?.length === spec.replicas &&
    status.nodes.every(({ state }) => state === 'ALIVE') &&
    status.plan === undefined &&
    find('Ready') === 'True' &&
    find('Degraded') === 'False'
  );
}

function describe(cluster: ShortLinkCluster | undefined): string {
  if (cluster === undefined) return 'there is no such cluster, or nobody says how it is';
  const { conditions = [], plan, nodes = [], replicas, readyReplicas } = cluster.status ?? {};
  const said = conditions.map(({ type, status, reason, message }) => `${type}=${status} (${reason}: ${message})`);
  const members = nodes.map(({ pod, state }) => `${pod} ${state}`).join(', ');
  return [
    `generation ${cluster.metadata.generation}, seen ${cluster.status?.observedGeneration}`,
    `pods ${readyReplicas}/${replicas}`,
    `nodes ${members}`,
    `plan ${JSON.stringify(plan)}`,
    ...said,
  ].join('; ');
}

/** Maps are merged, everything else is replaced. */
function merged(base: Fields, change: Fields): Fields {
  const all = { ...base };
  for (const [name, value] of Object.entries(change)) {
    const before = all[name];
    if (value === undefined) delete all[name];
    else all[name] = isFields(value) && isFields(before) ? merged(before, value) : value;
  }
  return all;
}
