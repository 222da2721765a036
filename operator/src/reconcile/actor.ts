// SPDX-License-Identifier: Apache-2.0
import { assert, defined, unreachable } from '@shortlink/common/assert.ts';
import type { ShortLinkCluster } from '../crd/shortlink-cluster.gen.ts';
import type { DesiredObject } from '../desired/desired-objects.ts';
import { fenceAnnotation, zoneAnnotation } from '../desired/names.ts';
import { resources } from '../desired/resources.ts';
import type { ObjectVersion } from '../plan/observed.ts';
import type { Action } from '../plan/step.ts';
import type { KubeApi, KubeObject, Resource } from '../ports/kube-api.ts';
import { StoreError, type StoreApi, type StoreOrder } from '../ports/store-api.ts';
import type { Applier } from '../runtime/writes/applier.ts';
import type { Expectations } from '../runtime/writes/expectations.ts';
import type { CertificateStage, CertificateWriter } from './certificates/certificate-writer.ts';
import { claimIntent, type ClaimChange } from './claim-intent.ts';
import type { ClaimObject } from './kube-views.ts';
import type { Lookups } from './lookups.ts';
import { aimed } from './ownership.ts';
import { claims, lookedUp, pods } from './watched.ts';

/** How long the cluster may do without a node that restarts before its data moves. */
const holdMs = 15 * 60_000;

/** What may be done before the nodes have taken this operator's orders: nothing of it takes anything from anybody. */
const withoutCharge: ReadonlySet<Action['kind']> = new Set<Action['kind']>([
  'applyObject',
  'renewAuthority',
  'renewCertificate',
  'growClaim',
  'recordNode',
  'tieClaim',
  'tellPod',
]);

/** What an action is about, beside its own words. */
export interface Stage {
  /** Of the reconciliation. */
  readonly key: string;
  readonly namespace: string;
  /** Everything that the cluster should have, by `Kind name`. */
  readonly desired: ReadonlyMap<string, DesiredObject>;
  /** Of these, what is made once and never written again. */
  readonly createOnly: ReadonlySet<string>;
  /** The StatefulSet with as many pods. */
  readonly statefulSet: (replicas: number) => DesiredObject;
  readonly cluster: ShortLinkCluster;
  readonly claims: readonly ClaimObject[];
  /** `spec.storage.size`, in whole bytes. */
  readonly storageSize: string;
  /** Undefined where nodes talk in plain text. */
  readonly certificates: CertificateStage | undefined;
  /** A node that answers, and the epoch of our orders; undefined while there is none. A StoreError: why it takes none. */
  readonly orders:
    | { readonly store: StoreApi; readonly address: string; readonly epoch: number }
    | StoreError
    | undefined;
}

interface ActorOptions {
  readonly api: KubeApi;
  readonly applier: Applier;
  readonly expectations: Expectations;
  readonly lookups: Lookups;
  readonly certificates: CertificateWriter;
}

/** Does one action of a plan: one write to the API server, or one order to the store. */
export class Actor {
  readonly #options: ActorOptions;

  constructor(options: ActorOptions) {
    this.#options = options;
  }

  async act(action: Action, stage: Stage, signal: AbortSignal): Promise<void> {
    if (stage.orders instanceof StoreError && !withoutCharge.has(action.kind)) throw stage.orders;
    switch (action.kind) {
      case 'applyObject':
        return this.#applyNamed(stage, action.object, signal);
      case 'setReplicas':
        return this.#applyOwn(stage, stage.statefulSet(action.replicas), signal);
      case 'growClaim':
        return this.#applyClaim(stage, action.claim, { size: stage.storageSize }, signal);
      case 'tieClaim':
        return this.#applyClaim(stage, action.claim, { goesWithCluster: action.goesWithCluster }, signal);
      case 'recordNode':
        return this.#applyClaim(stage, action.claim, { nodeId: action.nodeId }, signal);
      case 'renewAuthority':
        return this.#options.certificates.renewAuthority(certificatesOf(stage), signal);
      case 'renewCertificate':
        return this.#options.certificates.renewCertificate(certificatesOf(stage), action, signal);
      case 'tellPod':
        return this.#tellPod(stage, action, signal);
      case 'deleteObject':
      case 'recreateStatefulSet':
      case 'deletePod':
      case 'deleteClaim':
        return this.#delete(stage, targetOf(action, stage), signal);
      default:
        return this.#order(stage, orderOf(action), signal);
    }
  }

  async #applyNamed(stage: Stage, name: string, signal: AbortSignal): Promise<void> {
    const desired = defined(stage.desired.get(name), name);
    if (!stage.createOnly.has(name)) return this.#applyOwn(stage, desired, signal);
    const { api, lookups } = this.#options;
    const { resource, object } = desired;
    // One that is there by now is refused by the server and stays as it is.
    lookups.put(resource, await api.create(resource, object, signal));
  }

  /** Of what bears a name that follows from the cluster's: others may have had it first. */
  async #applyOwn(stage: Stage, { resource, object }: DesiredObject, signal: AbortSignal): Promise<void> {
    const target = await aimed(this.#options.api, { resource, object }, signal);
    await this.#apply(stage, { resource, object: target }, signal);
  }

  async #apply({ key }: Stage, { resource, object }: DesiredObject, signal: AbortSignal): Promise<void> {
    const { applier, lookups } = this.#options;
    const applied = await applier.apply(key, resource, object, signal);
    if (lookedUp.has(resource)) lookups.put(resource, applied);
  }

  async #applyClaim(stage: Stage, name: string, change: ClaimChange, signal: AbortSignal): Promise<void> {
    const claim = defined(
      stage.claims.find(({ metadata }) => metadata.name === name),
      `claim ${name}`,
    );
    await this.#apply(stage, { resource: claims, object: claimIntent(stage.cluster, claim, change) }, signal);
  }

  async #tellPod({ key, namespace }: Stage, telling: Telling, signal: AbortSignal): Promise<void> {
    const { pod: name, version, zone, isFenced } = telling;
    const tell = async (fenced: Readonly<Record<string, string>>): Promise<KubeObject> => {
      const annotations = { ...(zone === undefined ? {} : { [zoneAnnotation]: zone }), ...fenced };
      // What is said of a pod must not reach another one of its name.
      const metadata = { name, namespace, uid: version.uid, annotations };
      return this.#options.applier.apply(key, pods, { apiVersion: 'v1', kind: 'Pod', metadata }, signal);
    };
    const told = await tell(isFenced ? { [fenceAnnotation]: 'true' } : {});
    // Somebody else has said so, too, and what others say is overruled, not taken back.
    if (!isFenced && told.metadata.annotations?.[fenceAnnotation] === 'true')
      await tell({ [fenceAnnotation]: 'false' });
  }

  async #delete({ key, namespace }: Stage, target: Target, signal: AbortSignal): Promise<void> {
    const { api, expectations, lookups } = this.#options;
    const { resource, name, version, propagation } = target;
    if (lookedUp.has(resource)) lookups.forget(resource, { namespace, name });
    const object: KubeObject = {
      apiVersion: resource.apiVersion,
      kind: resource.kind,
      metadata: { name, namespace, ...version },
    };
    await expectations.delete(key, resource, object, async () => {
      return api.delete(resource, { namespace, name }, { ...version, propagation }, signal);
    });
  }

  async #order({ orders }: Stage, order: StoreOrder, signal: AbortSignal): Promise<void> {
    assert(orders !== undefined && !(orders instanceof StoreError), 'a node takes orders');
    const { store, address, epoch } = orders;
    await store.order(address, order, epoch, signal);
  }
}

function certificatesOf({ certificates }: Stage): CertificateStage {
  return defined(certificates, 'certificates, which are made where there is TLS only');
}

interface Target {
  readonly resource: Resource;
  readonly name: string;
  readonly version: ObjectVersion;
  readonly propagation: 'Background' | 'Orphan';
}

type Telling = Extract<Action, { readonly kind: 'tellPod' }>;

type Deletion = Extract<
  Action,
  { readonly kind: 'deleteObject' | 'recreateStatefulSet' | 'deletePod' | 'deleteClaim' }
>;

function targetOf(action: Deletion, stage: Stage): Target {
  const { version } = action;
  switch (action.kind) {
    case 'deletePod':
      return { resource: pods, name: action.pod, version, propagation: 'Background' };
    case 'deleteClaim':
      return { resource: claims, name: action.claim, version, propagation: 'Background' };
    case 'recreateStatefulSet': {
      const { object } = stage.statefulSet(0);
      return { resource: resources.statefulSet, name: object.metadata.name, version, propagation: 'Orphan' };
    }
    case 'deleteObject': {
      const [kind, name = ''] = action.object.split(' ');
      const resource = Object.values(resources).find((one) => one.kind === kind);
      return { resource: defined(resource, action.object), name, version, propagation: 'Background' };
    }
    default:
      return unreachable(action);
  }
}

type Order = Exclude<
  Action,
  | Deletion
  | { readonly kind: 'applyObject' | 'setReplicas' | 'growClaim' | 'recordNode' | 'tieClaim' | 'tellPod' }
  | { readonly kind: 'renewAuthority' | 'renewCertificate' }
>;

function orderOf(action: Order): StoreOrder {
  return action.kind === 'holdNode' ? { ...action, durationMs: holdMs } : action;
}
