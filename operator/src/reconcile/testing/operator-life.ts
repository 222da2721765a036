// SPDX-License-Identifier: Apache-2.0
import { authorized } from '../../../testing/authorized.ts';
import type { CrashPoints } from '../../../testing/gateway/crash-points.ts';
import { Gateway } from '../../../testing/gateway/gateway.ts';
import type { KubeDouble } from '../../../testing/kube-double.ts';
import { SeededRandom } from '../../../testing/seeded-random.ts';
import type { StoreDouble } from '../../../testing/store-double.ts';
import { nodePki } from '../../adapters/node-pki.ts';
import { sha256 } from '../../adapters/sha256.ts';
import { appliedAnnotation, clusterLabel } from '../../desired/names.ts';
import type { StoreApi } from '../../ports/store-api.ts';
import { clusterRights, machineRights } from '../../rights/rights.ts';
import type { Reconcile } from '../../runtime/controller/controller.ts';
import { readingItsWrites } from '../../runtime/controller/read-your-writes.ts';
import { Informer } from '../../runtime/informer/informer.ts';
import { RecordingLogger, RecordingMetrics } from '../../runtime/testing/recorders.ts';
import { Applier } from '../../runtime/writes/applier.ts';
import { Expectations } from '../../runtime/writes/expectations.ts';
import { Actor } from '../actor.ts';
import { Caches } from '../caches.ts';
import { CertificateWriter } from '../certificates/certificate-writer.ts';
import { Epochs } from '../epochs.ts';
import { Lookups } from '../lookups.ts';
import { Reconciler, type ReconcilerOptions } from '../reconciler.ts';
import { claims, clusters, machines, madeAndFollowed, pods, storageClasses } from '../watched.ts';

/** What those who install an operator may say. */
export type Installation = Pick<ReconcilerOptions, 'defaultImage' | 'defaultPullPolicy'>;

const usual: Installation = { defaultImage: 'shortlink/node:dev', defaultPullPolicy: 'Never' };

/** One process of the operator, from its start to its end. */
export class OperatorLife {
  readonly gateway: Gateway;
  readonly told: string[] = [];
  /** Of the API server, as askedText says it. */
  readonly asked = new Set<string>();
  readonly points: CrashPoints;
  readonly #reconcile: Reconcile;
  readonly #stopping = new AbortController();
  readonly #informers: readonly Informer[];

  constructor(double: KubeDouble, store: StoreDouble, points: CrashPoints, installation: Installation = usual) {
    this.points = points;
    this.gateway = new Gateway(double.connect(), points);
    points.onCrash(() => this.end());
    const account = { rights: [...clusterRights, ...machineRights], asked: this.asked, all: double.connect() };
    const api = authorized(this.gateway, account);
    const { clock } = double;
    const logger = new RecordingLogger();
    const metrics = new RecordingMetrics();
    const random = new SeededRandom(7);
    const watched = [clusters, pods, claims, machines, storageClasses, ...madeAndFollowed];
    this.#informers = watched.map((resource) => {
      const isOthers = [clusters, machines, storageClasses].includes(resource);
      const scope = isOthers ? {} : { labelSelector: clusterLabel };
      const about = { resource, scope, indexLabels: [clusterLabel] };
      return new Informer({ api, ...about, clock, random, metrics, logger });
    });
    const expectations = new Expectations({ controller: 'shortlinkcluster', clock, metrics, logger });
    for (const informer of this.#informers) expectations.track(informer);
    const fieldManager = 'shortlink-operator';
    const applier = new Applier({ api, fieldManager, annotation: appliedAnnotation, digest: sha256, expectations });
    const lookups = new Lookups(api, clock);
    const certificates = new CertificateWriter({ api, fieldManager, lookups, pki: nodePki });
    const reconciler = new Reconciler({
      caches: new Caches(this.#informers),
      lookups,
      pki: nodePki,
      actor: new Actor({ api, applier, expectations, lookups, certificates }),
      applier,
      expectations,
      epochs: new Epochs(),
      storeOf: () => mortal(store, points),
      tell: (_cluster, step, failure) => void this.told.push(failure ?? step.reason),
      ...installation,
      clock,
      random,
      logger,
    });
    this.#reconcile = readingItsWrites(expectations, async (key, signal) => reconciler.reconcile(key, signal));
    for (const informer of this.#informers) void informer.run(this.#stopping.signal);
  }

  /** @returns what went wrong; undefined: nothing. */
  async reconcile(key: string): Promise<unknown> {
    try {
      await this.#reconcile(key, this.#stopping.signal);
      return undefined;
    } catch (error) {
      return error;
    }
  }

  get hasSynced(): boolean {
    return this.#informers.every((informer) => informer.hasSynced);
  }

  end(): void {
    this.#stopping.abort(new Error('the operator ends'));
  }
}

/** Orders count as effects: an operator can end before and after each of them. */
function mortal(store: StoreDouble, points: CrashPoints): StoreApi {
  return {
    report: (address) => store.report(address),
    uploads: (address) => store.uploads(address),
    takeEpoch: (address) => points.around('takeEpoch', () => store.takeEpoch(address)),
    order: (address, order, epoch) => points.around(order.kind, () => store.order(address, order, epoch)),
  };
}
