// SPDX-License-Identifier: Apache-2.0
import { storedCluster } from '../crd/read-cluster.ts';
import type { ShortLinkCluster, ShortLinkClusterStatus } from '../crd/shortlink-cluster.gen.ts';
import { resources } from '../desired/resources.ts';
import type { StoreState } from '../plan/observed.ts';
import type { TlsIntent } from '../plan/intent.ts';
import type { Plan, Step } from '../plan/step.ts';
import type { Clock } from '../ports/clock.ts';
import { KubeError } from '../ports/kube-api.ts';
import type { Logger } from '../ports/logger.ts';
import type { Pki } from '../ports/pki.ts';
import type { Random } from '../ports/random.ts';
import type { StoreApi, UploadReport } from '../ports/store-api.ts';
import { StoreError } from '../ports/store-api.ts';
import type { ReconcileResult } from '../runtime/controller/controller.ts';
import type { Applier } from '../runtime/writes/applier.ts';
import type { Expectations } from '../runtime/writes/expectations.ts';
import type { Actor, Stage } from './actor.ts';
import { SecretStates } from './certificates/secret-states.ts';
import { askNodes, waitsOf } from './ask-nodes.ts';
import type { Caches } from './caches.ts';
import { conditionsWithout } from './conditions.ts';
import type { Desire } from './desire.ts';
import type { Epochs } from './epochs.ts';
import { tlsIntentOf } from './intent.ts';
import { look } from './look.ts';
import type { Lookups } from './lookups.ts';
import { certificatesState, forgetUnusable, lookAtSecrets, type LookedAt } from './secrets.ts';
import { mergeReports } from './merge-reports.ts';
import { NotOursError } from './ownership.ts';
import type { CachedObjects } from './observe.ts';
import { statusOf, stepText } from './status.ts';
import { uploadStatus } from './uploads.ts';
import { clusters } from './watched.ts';

/** After a step the world is looked at again soon: the store says nothing of itself. */
const afterStepMs = 500;
const whileWaitingMs = 2_000;
/** Liveness and chunks change without any event of Kubernetes. */
const steadyMs = 15_000;
/** HTTP status of a write that was based on what is not so any more. */
const conflict = 409;
/** Who asks is not known, or asks too slowly, or too often. */
const forEverybody: ReadonlySet<number> = new Set([401, 408, 429]);

export interface ReconcilerOptions {
  readonly caches: Caches;
  readonly lookups: Lookups;
  readonly pki: Pki;
  readonly actor: Actor;
  readonly applier: Applier;
  readonly expectations: Expectations;
  readonly epochs: Epochs;
  /** The nodes of a cluster, by its key. */
  readonly storeOf: (cluster: ShortLinkCluster) => StoreApi;
  /** Tells people of a step that was done, or that failed. */
  readonly tell: (cluster: ShortLinkCluster, step: Step, failure: string | undefined) => void;
  /** Of clusters that name none; settled once for each. */
  readonly defaultImage: string;
  readonly defaultPullPolicy: PullPolicy;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

type PullPolicy = NonNullable<ShortLinkClusterStatus['defaultImagePullPolicy']>;

interface StoreView {
  readonly store: StoreApi;
  readonly address: string | undefined;
  readonly state: StoreState | undefined;
  /** What nodes say that they wait for, by the names of their pods. */
  readonly waits: ReadonlyMap<string, string>;
}

interface Done {
  /** Undefined: none could be done. */
  readonly step?: Step | undefined;
  /** Why the first step of the plan was not done, in words. */
  readonly failure: string | undefined;
  /** Nothing was done, and this is why. */
  readonly cause?: Error;
}

/** Looks at a cluster, makes a plan, does its first step, and writes down how the cluster is. */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #secrets: SecretStates;
  /** Epoch of the newest map that was seen, by cluster id. */
  readonly #mapEpochs = new Map<string, number>();

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    this.#secrets = new SecretStates(options.pki);
  }

  /** `key`: namespace/name. To be called through `readingItsWrites`. */
  async reconcile(key: string, signal: AbortSignal): Promise<ReconcileResult> {
    const { caches, expectations } = this.#options;
    const [namespace = '', name = ''] = key.split('/');
    const stored = caches.get(clusters, { namespace, name });
    if (stored === undefined || stored.metadata.deletionTimestamp !== undefined) {
      expectations.forget(key);
      return {};
    }
    return this.#reconcileCluster(key, withDefaults(storedCluster(stored), this.#options), signal);
  }

  async #reconcileCluster(key: string, cluster: ShortLinkCluster, signal: AbortSignal): Promise<ReconcileResult> {
    const { applier, caches, clock, defaultImage, lookups, random } = this.#options;
    const cached = caches.of({ namespace: cluster.metadata.namespace ?? '', name: cluster.metadata.name });
    const tls = tlsIntentOf(cluster);
    const lookedAt = await this.#orSay({ key, cluster, what: 'looking at Secrets' }, signal, async () =>
      lookAtSecrets(cluster, tls, lookups, signal),
    );
    const certificates = certificatesState(cluster, tls, lookedAt, this.#secrets);
    forgetUnusable(cluster, tls, certificates, lookups);
    const view = await this.#orSay({ key, cluster, what: 'asking the nodes' }, signal, async () =>
      this.#ask(cluster, cached, signal),
    );
    const nowMs = clock.nowMs();
    const { state: store, waits } = view;
    const input = { caches, cached, applier, random, lookedAt, certificates, store, waits, defaultImage, nowMs };
    const { image, wanted, observed, plan, due } = look(cluster, input);
    const epoch = await this.#epoch(view, plan, signal);
    const stage = stageOf({ key, cluster, cached, wanted, tls, lookedAt, view, epoch, nowMs: observed.nowMs });
    const done = await this.#doFirst(cluster, plan, stage, signal);
    const uploads = await this.#uploads(cluster, view, signal);
    const ordered = done.step?.action.kind === 'upload' ? due : undefined;
    const upload = uploadStatus(cluster, { ordered, shards: uploads, nowMs: observed.nowMs });
    const podMonitorProblem = caches.absence(resources.podMonitor);
    const status = statusOf({
      cluster,
      observed,
      plan,
      failure: done.failure,
      image,
      upload,
      uploads,
      podMonitorProblem,
    });
    await this.#writeStatus(key, cluster, status, signal);
    if (done.cause !== undefined) throw done.cause;
    if (plan.steps.length > 0) return { requeueAfterMs: afterStepMs };
    return { requeueAfterMs: plan.waitingFor === undefined ? steadyMs : whileWaitingMs };
  }

  async #ask(cluster: ShortLinkCluster, { pods }: CachedObjects, signal: AbortSignal): Promise<StoreView> {
    const store = this.#options.storeOf(cluster);
    const answers = await askNodes(store, pods, signal);
    const known = this.#mapEpochs.get(cluster.status?.clusterID ?? '') ?? 0;
    const state = mergeReports(
      answers.map(({ report }) => report),
      known,
    );
    if (state !== undefined) this.#mapEpochs.set(state.clusterId, state.mapEpoch);
    // Orders go to a node that reaches the leader of the meta group.
    const address = answers.find(({ report }) => report.ring !== undefined)?.address;
    return { store, address, state, waits: waitsOf(answers) };
  }

  /**
   * Taken before the first order, or what looks like one, so that an operator before us can do nothing any more. A StoreError: why
   * it could not be taken.
   */
  async #epoch(
    { store, address, state }: StoreView,
    plan: Plan,
    signal: AbortSignal,
  ): Promise<number | StoreError | undefined> {
    if (address === undefined || state === undefined || plan.steps.length === 0) return undefined;
    try {
      return await this.#options.epochs.of(state.clusterId, { store, address }, signal);
    } catch (error) {
      if (error instanceof StoreError) return error;
      throw error;
    }
  }

  /** The first step of the plan or, where that is refused, one that does not rest on it. */
  async #doFirst(cluster: ShortLinkCluster, plan: Plan, stage: Stage, signal: AbortSignal): Promise<Done> {
    const [first, ...others] = [...plan.steps.slice(0, 1), ...plan.otherwise];
    if (first === undefined) return { failure: undefined };
    const done = await this.#do(cluster, first, stage, signal);
    if (done.cause === undefined || done.failure === undefined || !isAboutStep(done.cause)) return done;
    for (const step of others) {
      const other = await this.#do(cluster, step, stage, signal);
      if (other.cause === undefined) return { step: other.step, failure: done.failure };
      if (!isAboutStep(other.cause)) break;
    }
    return done;
  }

  async #do(cluster: ShortLinkCluster, step: Step, stage: Stage, signal: AbortSignal): Promise<Done> {
    const { actor, logger, tell } = this.#options;
    try {
      await actor.act(step.action, stage, signal);
      logger.info(stepText(step.action), { cluster: stage.key, reason: step.reason });
      tell(cluster, step, undefined);
      return { step, failure: undefined };
    } catch (error) {
      if (signal.aborted) throw error;
      const cause = error instanceof Error ? error : new Error(String(error));
      const failure = `${stepText(step.action)} failed: ${cause.message}`;
      // Somebody else was quicker; what they wrote is looked at, and it is done again.
      if (cause instanceof KubeError && cause.status === conflict) return { failure: undefined, cause };
      tell(cluster, step, failure);
      return { failure, cause };
    }
  }

  /** Undefined while nobody can be asked, or there is nowhere to upload to. */
  async #uploads(
    { spec }: ShortLinkCluster,
    { store, address }: StoreView,
    signal: AbortSignal,
  ): Promise<readonly UploadReport[] | undefined> {
    if (spec.objectStore === undefined || address === undefined) return undefined;
    try {
      return await store.uploads(address, signal);
    } catch (error) {
      // The token is looked up for it, too.
      if (error instanceof StoreError || error instanceof KubeError) return undefined;
      throw error;
    }
  }

  /** Runs what nothing can be decided without. A failure is in the status, too: there will be no step that fails and says so. */
  async #orSay<T>(
    { key, cluster, what }: { readonly key: string; readonly cluster: ShortLinkCluster; readonly what: string },
    signal: AbortSignal,
    run: () => Promise<T>,
  ): Promise<T> {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof KubeError) || signal.aborted) throw error;
      const conditions = conditionsWithout(cluster, `${what} failed: ${error.message}`, this.#options.clock.nowMs());
      // Where this fails as well, the first failure says as much as the second one.
      await this.#writeStatus(key, cluster, { ...cluster.status, conditions }, signal).catch(() => {});
      throw error;
    }
  }

  async #writeStatus(
    key: string,
    cluster: ShortLinkCluster,
    status: ShortLinkClusterStatus,
    signal: AbortSignal,
  ): Promise<void> {
    const { apiVersion, kind, metadata } = cluster;
    const object = { apiVersion, kind, metadata, status: { ...status } };
    await this.#options.applier.applyStatus(key, clusters, { object, observed: cluster }, signal);
  }
}

/** Refused for what it is about: others may well be taken. What fails for everybody is tried again later. */
function isAboutStep(error: Error): boolean {
  if (error instanceof StoreError || error instanceof NotOursError) return true;
  return error instanceof KubeError && error.status >= 400 && error.status < 500 && !forEverybody.has(error.status);
}

/**
 * What the operator's installation says is settled the first time and kept in the status: neither a newer operator nor a spec that
 * is put back restarts pods with another image.
 */
function withDefaults(
  cluster: ShortLinkCluster,
  usual: Pick<ReconcilerOptions, 'defaultImage' | 'defaultPullPolicy'>,
): ShortLinkCluster {
  const { status } = cluster;
  const defaultImage = status?.defaultImage ?? usual.defaultImage;
  const defaultImagePullPolicy = status?.defaultImagePullPolicy ?? usual.defaultPullPolicy;
  return { ...cluster, status: { ...status, defaultImage, defaultImagePullPolicy } };
}

function stageOf({
  key,
  cluster,
  cached,
  wanted,
  tls,
  lookedAt,
  view,
  epoch,
  nowMs,
}: {
  readonly key: string;
  readonly cluster: ShortLinkCluster;
  readonly cached: CachedObjects;
  readonly wanted: Desire;
  readonly tls: TlsIntent | undefined;
  readonly lookedAt: LookedAt;
  readonly view: StoreView;
  readonly epoch: number | StoreError | undefined;
  readonly nowMs: number;
}): Stage {
  return {
    key,
    namespace: cluster.metadata.namespace ?? '',
    desired: wanted.objects,
    createOnly: wanted.createOnly,
    statefulSet: wanted.statefulSet,
    cluster,
    claims: cached.claims,
    storageSize: wanted.input.storage.size,
    certificates: tls === undefined ? undefined : { cluster: wanted.input, tls, ...lookedAt, nowMs },
    orders: ordersOf(view, epoch),
  };
}

function ordersOf({ store, address }: StoreView, epoch: number | StoreError | undefined): Stage['orders'] {
  if (epoch instanceof StoreError) return epoch;
  return epoch === undefined || address === undefined ? undefined : { store, address, epoch };
}
