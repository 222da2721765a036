// SPDX-License-Identifier: Apache-2.0
import type { ShortLinkCluster } from '../crd/shortlink-cluster.gen.ts';
import { makePlan } from '../plan/make-plan.ts';
import type { CertificatesState, Observed, StoreState } from '../plan/observed.ts';
import type { Plan } from '../plan/step.ts';
import type { Random } from '../ports/random.ts';
import type { Applier } from '../runtime/writes/applier.ts';
import type { Caches } from './caches.ts';
import { desire, type Desire } from './desire.ts';
import { intentOf } from './intent.ts';
import { observe, type CachedObjects } from './observe.ts';
import type { LookedAt } from './secrets.ts';
import { dueUpload, type DueUpload } from './uploads.ts';

export interface LookInput {
  readonly caches: Caches;
  /** What they showed before the nodes were asked. */
  readonly cached: CachedObjects;
  /** What is looked at one by one. */
  readonly lookedAt: LookedAt;
  /** Undefined: nodes talk in plain text, or nobody may look. */
  readonly certificates: CertificatesState | undefined;
  /** Says which objects are not as they should be. */
  readonly applier: Pick<Applier, 'reasonToApply'>;
  readonly random: Random;
  /** Undefined while no node answers. */
  readonly store: StoreState | undefined;
  /** What nodes say that they wait for, by the names of their pods. */
  readonly waits: ReadonlyMap<string, string>;
  /** Of clusters that name none; settled once for each. */
  readonly defaultImage: string;
  readonly nowMs: number;
}

/** How a cluster is, what it should be, and what is to be done about the difference. */
export interface Look {
  readonly image: string;
  readonly wanted: Desire;
  readonly observed: Observed;
  /** The upload that the plan orders; undefined: none. */
  readonly due: DueUpload | undefined;
  readonly plan: Plan;
}

/** Observe and plan, without a question to anybody: the operator acts on it, and people print it. */
export function look(cluster: ShortLinkCluster, input: LookInput): Look {
  const { metadata, spec, status } = cluster;
  const { cached, certificates, store, waits, defaultImage, nowMs } = input;
  const image = spec.image ?? status?.defaultImage ?? defaultImage;
  const formed = store !== undefined || status?.clusterID !== undefined;
  const wanted = desire({ ...input, cluster, image, formed });
  const observed = observe({
    cluster: { name: metadata.name, uid: metadata.uid ?? '' },
    cached,
    outdatedObjects: wanted.outdated,
    strayObjects: wanted.stray,
    certificates,
    store,
    waits,
    zoneLabel: spec.scheduling.zoneLabel,
    nowMs,
  });
  const due = dueUpload(cluster, nowMs);
  const settled = { templateHash: wanted.templateHash, uploadReason: due?.because };
  return { image, wanted, observed, due, plan: makePlan(observed, intentOf(cluster, settled)) };
}
