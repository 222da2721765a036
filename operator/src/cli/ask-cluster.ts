// SPDX-License-Identifier: Apache-2.0
import { CliError } from '@shortlink/common/cli/exit-codes.ts';
import type { ShortLinkCluster } from '../crd/shortlink-cluster.gen.ts';
import type { StoreState } from '../plan/observed.ts';
import type { StoreApi } from '../ports/store-api.ts';
import { askNodes } from '../reconcile/ask-nodes.ts';
import { mergeReports } from '../reconcile/merge-reports.ts';
import { podsOf } from './pods-of.ts';
import type { Session } from './session.ts';

/** The cluster as its nodes see it at this moment. */
export interface Answer {
  readonly store: StoreApi;
  /** Of a node that reaches the leader of the meta group. */
  readonly address: string;
  readonly state: StoreState;
}

/** Asks all nodes, through the API server. @throws CliError when none can say how the cluster is */
export async function askCluster(session: Session, cluster: ShortLinkCluster, signal: AbortSignal): Promise<Answer> {
  const { name, namespace } = cluster.metadata;
  const pods = await podsOf(session, cluster, signal);
  if (pods === undefined) throw new CliError('failed', `you may not list the pods of ${namespace ?? ''}/${name}`);
  const store = session.storeOf(cluster, pods, signal);
  const answers = await askNodes(store, pods, signal);
  const state = mergeReports(
    answers.map(({ report }) => report),
    0,
  );
  const address = answers.find(({ report }) => report.ring !== undefined)?.address;
  if (state !== undefined && address !== undefined) return { store, address, state };
  const why = answers.map(({ report }) => report.waitingFor).find((text) => text !== '');
  const what = `${answers.length} of ${pods.length} pods answer, and none reaches the leader of the meta group`;
  throw new CliError(
    'unavailable',
    `${what}${why === undefined ? '' : ` (${why})`}; kubectl shortlink status says more`,
  );
}
