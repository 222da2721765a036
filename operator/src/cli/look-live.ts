// SPDX-License-Identifier: Apache-2.0
import type { ShortLinkCluster } from '../crd/shortlink-cluster.gen.ts';
import type { CertificatesState, StoreState } from '../plan/observed.ts';
import type { Plan } from '../plan/step.ts';
import { askNodes, waitsOf } from '../reconcile/ask-nodes.ts';
import { Caches } from '../reconcile/caches.ts';
import { SecretStates } from '../reconcile/certificates/secret-states.ts';
import { tlsIntentOf } from '../reconcile/intent.ts';
import type { PodObject } from '../reconcile/kube-views.ts';
import { look } from '../reconcile/look.ts';
import { Lookups } from '../reconcile/lookups.ts';
import { mergeReports } from '../reconcile/merge-reports.ts';
import { certificatesState, lookAtSecrets, nothingLookedAt, type LookedAt } from '../reconcile/secrets.ts';
import { appliedAnnotation, objectNames } from '../desired/names.ts';
import type { KubeObject } from '../ports/kube-api.ts';
import { applyReason, type ApplyReason } from '../runtime/writes/apply-reason.ts';
import { isForbidden } from './failures.ts';
import type { Session } from './session.ts';
import { readSnapshot } from './snapshot.ts';

export interface LivePlan {
  readonly plan: Plan;
  readonly warnings: readonly string[];
}

/** Shown where nobody has settled an image yet: which one the operator takes is its own option. */
const unsettledImage = '(image of the operator’s installation)';

/** What the operator would do for a cluster that is not there at all. */
export function planFromNothing(cluster: ShortLinkCluster): Plan {
  const caches = new Caches([]);
  const cached = caches.of({ namespace: cluster.metadata.namespace ?? '', name: cluster.metadata.name });
  const applier = { reasonToApply: (): ApplyReason => 'missing' };
  const random = { fraction: () => 0, bytes: (length: number) => new Uint8Array(length) };
  const missing = { kind: 'missing' } as const;
  const certificates = { isRequested: false, makerProblem: undefined, authority: missing, nodes: missing };
  return look(cluster, {
    caches,
    cached,
    applier,
    random,
    lookedAt: nothingLookedAt,
    certificates,
    store: undefined,
    waits: new Map(),
    defaultImage: unsettledImage,
    nowMs: 0,
  }).plan;
}

/** What the operator would do about the cluster as it is now, by its own planner. */
export async function planLive(session: Session, cluster: ShortLinkCluster, signal: AbortSignal): Promise<LivePlan> {
  const { clock, digest, random } = session;
  const { caches, warnings } = await readSnapshot(session, cluster, signal);
  const cached = caches.of({ namespace: cluster.metadata.namespace ?? '', name: cluster.metadata.name });
  const answer = await askStore(session, cluster, cached.pods, signal);
  const secrets = await lookAtAll(session, cluster, signal);
  const mark = { annotation: appliedAnnotation, digest };
  const seen = look(cluster, {
    caches,
    cached,
    applier: {
      reasonToApply: (intent, observed) => {
        const reason = applyReason(intent, observed, mark);
        // Only the operator remembers what the API server makes of an object; what looks like a drift is mostly that.
        return reason === 'drifted' ? undefined : reason;
      },
    },
    random,
    lookedAt: secrets.lookedAt,
    certificates: secrets.certificates,
    store: answer.state,
    waits: answer.waits,
    defaultImage: unsettledImage,
    nowMs: clock.nowMs(),
  });
  return { plan: seen.plan, warnings: [...warnings, ...secrets.warnings, ...answer.warnings] };
}

interface SecretsAnswer {
  readonly lookedAt: LookedAt;
  readonly certificates: CertificatesState | undefined;
  readonly warnings: readonly string[];
}

/** One by one: whoever may list Secrets reads all of them. Those that may not be read count as they should be. */
async function lookAtAll(
  { kube, clock, pki }: Session,
  cluster: ShortLinkCluster,
  signal: AbortSignal,
): Promise<SecretsAnswer> {
  const tls = tlsIntentOf(cluster);
  try {
    const lookedAt = await lookAtSecrets(cluster, tls, new Lookups(kube, clock), signal);
    const certificates = certificatesState(cluster, tls, lookedAt, new SecretStates(pki));
    return { lookedAt, certificates, warnings: [] };
  } catch (error) {
    if (!isForbidden(error)) throw error;
    const name = objectNames(cluster.metadata.name).adminToken;
    const tokens: KubeObject = { apiVersion: 'v1', kind: 'Secret', metadata: { name } };
    const warning = 'you may not read Secrets: the plan is made as if they were as they should be';
    return { lookedAt: { ...nothingLookedAt, tokens }, certificates: undefined, warnings: [warning] };
  }
}

interface StoreAnswer {
  readonly state: StoreState | undefined;
  readonly waits: ReadonlyMap<string, string>;
  readonly warnings: readonly string[];
}

async function askStore(
  session: Session,
  cluster: ShortLinkCluster,
  pods: readonly PodObject[],
  signal: AbortSignal,
): Promise<StoreAnswer> {
  if (pods.length === 0) return { state: undefined, waits: new Map(), warnings: [] };
  try {
    const answers = await askNodes(session.storeOf(cluster, pods, signal), pods, signal);
    const reports = answers.map(({ report }) => report);
    const state = mergeReports(reports, 0);
    const waits = waitsOf(answers);
    if (state !== undefined) return { state, waits, warnings: [] };
    return {
      state,
      waits,
      warnings: [`${answers.length} of ${pods.length} nodes answer, and none reaches the leader`],
    };
  } catch (error) {
    if (!isForbidden(error)) throw error;
    const warning = `you may not ask the nodes (${error.message}): the plan is made as if none answered`;
    return { state: undefined, waits: new Map(), warnings: [warning] };
  }
}
