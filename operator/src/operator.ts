// SPDX-License-Identifier: Apache-2.0
import { credentials } from '@grpc/grpc-js';
import { GrpcStore } from './adapters/grpc-store.ts';
import { nodePki } from './adapters/node-pki.ts';
import { sha256 } from './adapters/sha256.ts';
import { AdminTokens } from './admin-tokens.ts';
import { storedCluster } from './crd/read-cluster.ts';
import type { ShortLinkCluster } from './crd/shortlink-cluster.gen.ts';
import { appliedAnnotation, clusterLabel } from './desired/names.ts';
import { resources } from './desired/resources.ts';
import type { OperatorOptions } from './options.ts';
import type { Step } from './plan/step.ts';
import type { Clock } from './ports/clock.ts';
import type { KubeDiscovery } from './ports/discovery.ts';
import type { KubeApi, KubeObject, Resource } from './ports/kube-api.ts';
import type { Logger } from './ports/logger.ts';
import type { Random } from './ports/random.ts';
import { Actor } from './reconcile/actor.ts';
import { Caches } from './reconcile/caches.ts';
import { publishClusters, type ClusterMetrics } from './reconcile/cluster-metrics.ts';
import { CertificateWriter } from './reconcile/certificates/certificate-writer.ts';
import { Epochs } from './reconcile/epochs.ts';
import { eventReason, failedEventReason } from './reconcile/event-table.ts';
import { Lookups } from './reconcile/lookups.ts';
import { stepText } from './reconcile/status.ts';
import { Reconciler } from './reconcile/reconciler.ts';
import { claims, clusters, machines, madeAndFollowed, pods, storageClasses } from './reconcile/watched.ts';
import { Controller } from './runtime/controller/controller.ts';
import { readingItsWrites } from './runtime/controller/read-your-writes.ts';
import { EventRecorder } from './runtime/events/event-recorder.ts';
import { Informer } from './runtime/informer/informer.ts';
import { OptionalInformer } from './runtime/informer/optional-informer.ts';
import { InformerGroup, resyncPeriodically } from './runtime/informer/informer-group.ts';
import { publishInformers } from './runtime/informer/publish-informers.ts';
import { fencedKubeApi } from './runtime/leader/fenced-kube-api.ts';
import type { Leadership } from './runtime/leader/elector.ts';
import type { RuntimeMetrics } from './runtime/metrics.ts';
import { WorkQueue } from './runtime/queue/work-queue.ts';
import { isSettledBefore } from './runtime/waiting.ts';
import { Applier } from './runtime/writes/applier.ts';
import { Expectations } from './runtime/writes/expectations.ts';
import { Stores } from './stores.ts';

const controllerName = 'shortlinkcluster';
const fieldManager = 'shortlink-operator';
const reconcileTimeoutMs = 60_000;
const resyncMs = 10 * 60_000;
const ours = { labelSelector: clusterLabel };
/** Kinds that every Kubernetes knows. */
const owned = madeAndFollowed.filter((resource) => resource !== resources.podMonitor);

export interface OperatorParts {
  readonly options: OperatorOptions;
  readonly api: KubeApi;
  readonly discovery: KubeDiscovery;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: RuntimeMetrics;
  readonly logger: Logger;
}

/** Follows the clusters and all that belongs to them; acts on them once it leads. */
export class Operator {
  readonly informers: InformerGroup;
  readonly #parts: OperatorParts;
  readonly #all: readonly Informer[];
  readonly #optional: readonly OptionalInformer[];
  readonly #queue: WorkQueue;
  readonly #expectations: Expectations;
  readonly #stores: Stores;

  constructor(parts: OperatorParts) {
    this.#parts = parts;
    const { clock, discovery, metrics, logger } = parts;
    const tokens = new AdminTokens(parts.api, clock);
    this.#stores = new Stores(
      (current) => new GrpcStore(credentials.createInsecure(), async (signal) => tokens.of(current(), signal)),
      () => this.#list(),
    );
    this.#queue = new WorkQueue({ name: controllerName, clock, metrics });
    this.#expectations = new Expectations({ controller: controllerName, clock, metrics, logger });
    this.#all = this.#makeInformers();
    for (const informer of this.#all) this.#listenTo(informer);
    this.informers = new InformerGroup(this.#all);
    this.#optional = this.#spaces.map((namespace) => {
      const scope = { ...ours, namespace };
      const onInformer = (informer: Informer): void => this.#listenTo(informer);
      return new OptionalInformer({ ...this.#about, resource: resources.podMonitor, scope, discovery, onInformer });
    });
  }

  #listenTo(informer: Informer): void {
    this.#expectations.track(informer);
    informer.feed.addSink({ keysOf, add: (key) => this.#queue.add(key) });
  }

  get #about() {
    const { api, clock, random, metrics, logger } = this.#parts;
    return { api, indexLabels: [clusterLabel], clock, random, metrics, logger };
  }

  /** Namespaces that are followed; undefined: all. */
  get #spaces(): readonly (string | undefined)[] {
    const { 'watch.namespaces': namespaces } = this.#parts.options;
    return namespaces.length === 0 ? [undefined] : namespaces;
  }

  #makeInformers(): Informer[] {
    const { options } = this.#parts;
    const about = this.#about;
    const inSpaces = (resource: Resource, scope: { readonly labelSelector?: string }): Informer[] =>
      this.#spaces.map((namespace) => new Informer({ ...about, resource, scope: { ...scope, namespace } }));
    const wide = options['watch.machines'] ? [machines, storageClasses] : [];
    return [
      ...inSpaces(clusters, {}),
      ...[pods, claims, ...owned].flatMap((resource) => inSpaces(resource, ours)),
      ...wide.map((resource) => new Informer({ ...about, resource, scope: {} })),
    ];
  }

  /** Follows what there is, whether this process leads or not, until `signal` is aborted; never rejects. */
  async follow(signal: AbortSignal): Promise<void> {
    await Promise.all([this.informers.run(signal), ...this.#optional.map(async (one) => one.run(signal))]);
  }

  /** Brings the numbers up to date that change while nothing happens; before each scrape. */
  publish(clusterMetrics: ClusterMetrics): void {
    publishInformers([...this.#all, ...this.#optional.flatMap(({ informer }) => informer ?? [])], this.#parts.metrics);
    this.#queue.publish();
    publishClusters(clusterMetrics, this.#list(), this.#parts.clock.nowMs());
  }

  /** Reconciles until `signal` or the leadership ends. */
  async lead(leadership: Leadership, signal: AbortSignal): Promise<void> {
    const { options, clock, random, metrics, logger } = this.#parts;
    const api = fencedKubeApi(this.#parts.api, leadership);
    const own = AbortSignal.any([signal, leadership.signal]);
    const known = Promise.all([this.informers.synced(), ...this.#optional.map(async ({ settled }) => settled)]);
    // An API server that does not answer must not keep the process from its end.
    if (!(await isSettledBefore(own, known))) return;
    const events = this.#newRecorder(api);
    const reconciler = this.#newReconciler(api, (cluster, step, failure) => {
      events.record(eventOf(cluster, step, failure));
    });
    const controller = new Controller({
      name: controllerName,
      queue: this.#queue,
      reconcile: readingItsWrites(this.#expectations, async (key, each) => reconciler.reconcile(key, each)),
      workers: options['reconcile.workers'],
      timeoutMs: reconcileTimeoutMs,
      clock,
      metrics,
      logger,
    });
    const ofClusters = this.#all.filter(({ resource }) => resource === clusters);
    const add = (key: string): void => this.#queue.add(key);
    await Promise.all([
      controller.run(own),
      events.run(own),
      ...ofClusters.map(async (informer) =>
        resyncPeriodically({ informer, intervalMs: resyncMs, clock, random, add }, own),
      ),
    ]);
  }

  #newRecorder(api: KubeApi): EventRecorder {
    const { options, clock, random, metrics, logger } = this.#parts;
    const reporter = { controller: 'shortlink.dev/operator', instance: options['pod.name'] };
    return new EventRecorder({ api, reporter, fieldManager, clock, random, metrics, logger });
  }

  #newReconciler(
    api: KubeApi,
    tell: (cluster: ShortLinkCluster, step: Step, failure: string | undefined) => void,
  ): Reconciler {
    const { options, clock, random, logger } = this.#parts;
    const expectations = this.#expectations;
    const applied = { annotation: appliedAnnotation, digest: sha256, expectations };
    const applier = new Applier({ api, fieldManager, ...applied });
    const lookups = new Lookups(api, clock);
    const certificates = new CertificateWriter({ api, fieldManager, lookups, pki: nodePki });
    return new Reconciler({
      caches: new Caches([...this.#all, ...this.#optional]),
      lookups,
      pki: nodePki,
      actor: new Actor({ api, applier, expectations, lookups, certificates }),
      applier,
      expectations,
      epochs: new Epochs(),
      storeOf: (cluster) => this.#stores.of(cluster),
      tell,
      defaultImage: options['node.image'],
      defaultPullPolicy: options['node.imagePullPolicy'],
      clock,
      random,
      logger,
    });
  }

  /** The clusters that there are, as they were last seen. */
  #list(): readonly ShortLinkCluster[] {
    const following = this.#all.filter(({ resource }) => resource === clusters);
    return following.flatMap((informer) => informer.list()).map(storedCluster);
  }

  close(): void {
    this.#stores.close();
  }
}

/** Whose work a change of the object is: the cluster's own, or that of which it is a part. */
function keysOf({ kind, metadata }: KubeObject): readonly string[] {
  const name = kind === clusters.kind ? metadata.name : metadata.labels?.[clusterLabel];
  return name === undefined || metadata.namespace === undefined ? [] : [`${metadata.namespace}/${name}`];
}

function eventOf(cluster: ShortLinkCluster, { action, reason }: Step, failure: string | undefined) {
  const word = eventReason(action.kind);
  return failure === undefined
    ? ({
        regarding: cluster,
        type: 'Normal',
        reason: word,
        action: word,
        note: `${stepText(action)}: ${reason}`,
      } as const)
    : ({
        regarding: cluster,
        type: 'Warning',
        reason: failedEventReason(action.kind),
        action: word,
        note: failure,
      } as const);
}
