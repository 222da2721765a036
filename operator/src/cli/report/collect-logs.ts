// SPDX-License-Identifier: Apache-2.0
import { nodeContainer } from '../../desired/names.ts';
import type { KubeObject } from '../../ports/kube-api.ts';
import type { PodObject } from '../../reconcile/kube-views.ts';
import { pods } from '../../reconcile/watched.ts';
import { listAll } from '../../runtime/informer/list-all.ts';
import type { Session } from '../session.ts';

/** Of one container; the last lines are kept. */
const maxLogChars = 8 * 1024 * 1024;
const pageSize = 100;
const operatorSelector = 'app.kubernetes.io/name=shortlink-operator';

export interface LogPlan {
  /** Last lines of each container; 0: no logs. */
  readonly lines: number;
  readonly operatorNamespace: string;
}

interface LogScope extends LogPlan {
  readonly namespace: string | undefined;
  readonly pods: readonly PodObject[];
}

interface Careful {
  /** Undefined when it failed, which is noted. */
  readonly tryTo: <T>(what: string, read: () => Promise<T>) => Promise<T | undefined>;
  readonly signal: AbortSignal;
}

/** Logs of the nodes, those before their last restart included, and of the operator. */
export async function collectLogs(
  session: Session,
  { lines, operatorNamespace, namespace, pods: nodes }: LogScope,
  { tryTo, signal }: Careful,
): Promise<readonly (readonly [string, string])[]> {
  const texts: (readonly [string, string])[] = [];
  if (lines === 0) return texts;
  const add = async (pod: KubeObject, container: string, previous: boolean): Promise<void> => {
    const { name, namespace: own } = pod.metadata;
    const path = `logs/${name}${previous ? '.previous' : ''}.log`;
    const key = { namespace: own ?? namespace, name };
    const options = { container, follow: false, previous, tailLines: lines };
    const text = await tryTo(path, async () => readAll(session.pods.logs(key, options, signal)));
    if (text !== undefined) texts.push([path, text]);
  };
  for (const pod of nodes) {
    await add(pod, nodeContainer, false);
    const node = pod.status?.containerStatuses?.find(({ name }) => name === nodeContainer);
    if ((node?.restartCount ?? 0) > 0) await add(pod, nodeContainer, true);
  }
  const scope = { namespace: operatorNamespace, labelSelector: operatorSelector, pageSize };
  const operators = await tryTo('the operator', async () => listAll(session.kube, pods, scope, signal));
  for (const pod of operators?.items ?? []) await add(pod, 'operator', false);
  return texts;
}

async function readAll(lines: AsyncIterable<string>): Promise<string> {
  const kept: string[] = [];
  let chars = 0;
  for await (const line of lines) {
    kept.push(line);
    chars += line.length + 1;
    while (chars > maxLogChars) chars -= (kept.shift()?.length ?? 0) + 1;
  }
  return kept.map((line) => `${line}\n`).join('');
}
