// SPDX-License-Identifier: Apache-2.0
import { stringify } from 'yaml';
import type { ShortLinkCluster } from '../../crd/shortlink-cluster.gen.ts';
import { isFields } from '../../crd/schema.ts';
import { clusterLabel, selectorText } from '../../desired/names.ts';
import { resources } from '../../desired/resources.ts';
import { KubeError } from '../../ports/kube-api.ts';
import type { KubeObject, Resource } from '../../ports/kube-api.ts';
import { StoreError } from '../../ports/store-api.ts';
import { nodeAddress } from '../../reconcile/ask-nodes.ts';
import type { PodObject } from '../../reconcile/kube-views.ts';
import { claims, machines, pods, storageClasses } from '../../reconcile/watched.ts';
import { listAll } from '../../runtime/informer/list-all.ts';
import { planLive } from '../look-live.ts';
import { planJson, planText } from '../plan-text.ts';
import type { Session } from '../session.ts';
import { statusText } from '../status-text.ts';
import { statusView } from '../status-view.ts';
import { collectLogs, type LogPlan } from './collect-logs.ts';
import { readKnownSecrets } from './known-secrets.ts';
import { Redactor } from './redactor.ts';

const pageSize = 500;
/** Those of the core group: what the scheduler and the kubelet say is there, too. */
const coreEvents: Resource = { apiVersion: 'v1', kind: 'Event', plural: 'events', namespaced: true };

export interface Report {
  /** Texts by their paths, without secrets. */
  readonly files: ReadonlyMap<string, string>;
  /** What is missing, and why. */
  readonly warnings: readonly string[];
}

/** Everything that helps to understand a cluster, without a value of any Secret. What cannot be read is noted and left out. */
export async function collectReport(
  session: Session,
  cluster: ShortLinkCluster,
  logs: LogPlan,
  signal: AbortSignal,
): Promise<Report> {
  const { name, namespace } = cluster.metadata;
  const warnings: string[] = [];
  const tryTo = async <T>(what: string, read: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof KubeError || error instanceof StoreError)) throw error;
      warnings.push(`${what}: ${error.message}`);
      return undefined;
    }
  };
  const list = async (resource: Resource, labelSelector?: string): Promise<readonly KubeObject[]> => {
    const scope = resource.namespaced ? { namespace, labelSelector, pageSize } : { labelSelector, pageSize };
    return (await tryTo(resource.plural, async () => listAll(session.kube, resource, scope, signal)))?.items ?? [];
  };
  const found: readonly PodObject[] = await list(pods, selectorText(name));
  const known = await readKnownSecrets(session, cluster, found, signal);
  const redactor = new Redactor(known.values);
  const files = new Map<string, string>();
  const addObject = (path: string, value: unknown): void => {
    files.set(path, redactor.rendered(stringify(redactor.object(value))));
  };

  addObject('cluster.yaml', cluster);
  addObject(
    'secrets.yaml',
    known.inventory.map(({ name: secret, keys }) => ({ name: secret, keys: keys.join(' ') })),
  );
  files.set('status.txt', redactor.text(statusText(statusView(cluster, found))));
  const plan = await tryTo('plan', async () => planLive(session, cluster, signal));
  if (plan !== undefined)
    files.set('plan.txt', redactor.text(planText(planJson(`${namespace ?? ''}/${name}`, plan.plan, plan.warnings))));
  for (const pod of found) addObject(`objects/pod-${pod.metadata.name}.yaml`, pod);
  for (const resource of [claims, ...Object.values(resources)]) {
    if (resource === resources.secret) continue;
    for (const object of await list(resource, `${clusterLabel}=${name}`))
      addObject(`objects/${resource.kind.toLowerCase()}-${object.metadata.name}.yaml`, object);
  }
  addObject('machines.yaml', (await list(machines)).map(machineView));
  addObject('storage-classes.yaml', await list(storageClasses));
  addObject(
    'events.yaml',
    (await list(coreEvents)).filter((event) => isAbout(event, cluster)),
  );
  const store = session.storeOf(cluster, found, signal);
  for (const pod of found) {
    const address = nodeAddress(pod);
    if (address === undefined) continue;
    const report = await tryTo(`node ${pod.metadata.name}`, async () => store.report(address, signal));
    if (report !== undefined) addObject(`nodes/${pod.metadata.name}.yaml`, report);
  }
  for (const [path, text] of await collectLogs(session, { ...logs, namespace, pods: found }, { tryTo, signal }))
    files.set(path, redactor.text(text));
  const all = [...known.warnings, ...warnings].map((warning) => redactor.rendered(warning));
  return { files: new Map([['README.txt', readme(cluster, session, all)], ...files]), warnings: all };
}

/** Machines have hundreds of lines; these are the ones that matter to pods and volumes. */
function machineView({ metadata, ...rest }: KubeObject): unknown {
  const status = 'status' in rest && isFields(rest.status) ? rest.status : {};
  const spec = 'spec' in rest && isFields(rest.spec) ? rest.spec : {};
  const { conditions, capacity, allocatable, nodeInfo } = status;
  const { taints, unschedulable } = spec;
  return {
    name: metadata.name,
    labels: metadata.labels,
    taints,
    unschedulable,
    conditions,
    capacity,
    allocatable,
    nodeInfo,
  };
}

function isAbout(event: KubeObject, { metadata: { name } }: ShortLinkCluster): boolean {
  const about = 'involvedObject' in event && isFields(event.involvedObject) ? event.involvedObject['name'] : undefined;
  return (
    typeof about === 'string' && (about === name || about.startsWith(`${name}-`) || about.startsWith(`data-${name}-`))
  );
}

function readme({ metadata }: ShortLinkCluster, { clock }: Session, warnings: readonly string[]): string {
  return [
    `ShortLinkCluster ${metadata.namespace ?? ''}/${metadata.name}, ${new Date(clock.nowMs()).toISOString()}`,
    '',
    'Made by kubectl shortlink report. Values of Secrets and what looks like one are taken out, and so are all values of',
    'variables of containers. Look it through before you send it to somebody: URLs of links may be in it.',
    '',
    warnings.length === 0 ? 'Nothing is missing.' : 'What is missing or uncertain:',
    ...warnings.map((warning) => `- ${warning}`),
    '',
  ].join('\n');
}
