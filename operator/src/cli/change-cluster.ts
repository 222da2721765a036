// SPDX-License-Identifier: Apache-2.0
import { storedCluster } from '../crd/read-cluster.ts';
import type { ShortLinkCluster } from '../crd/shortlink-cluster.gen.ts';
import { KubeError } from '../ports/kube-api.ts';
import { clusters } from '../reconcile/watched.ts';
import { findCluster } from './find-cluster.ts';
import type { Session } from './session.ts';

/** How often somebody else may be quicker. */
const maxAttempts = 5;

export interface Changed {
  readonly cluster: ShortLinkCluster;
  /** False: it was so already, and nothing was written. */
  readonly isChanged: boolean;
}

/**
 * Changes what is wanted of a cluster, and nothing that somebody else changes at the same time: the object is replaced only
 * while it is the one that was read. `change`: undefined when there is nothing to change. @throws CliError for a refusal
 */
export async function changeCluster(
  session: Session,
  name: string | undefined,
  change: (cluster: ShortLinkCluster) => ShortLinkCluster | undefined,
  signal: AbortSignal,
): Promise<Changed> {
  for (let attempt = 1; ; attempt++) {
    const cluster = await findCluster(session, name, signal);
    const wanted = change(cluster);
    if (wanted === undefined) return { cluster, isChanged: false };
    try {
      const written = await session.kube.replace(clusters, wanted, signal);
      return { cluster: storedCluster(written), isChanged: true };
    } catch (error) {
      const isStale = error instanceof KubeError && error.status === 409;
      if (!isStale || attempt === maxAttempts) throw error;
    }
  }
}

/** The cluster with an annotation of its own. */
export function annotated(cluster: ShortLinkCluster, annotation: string, value: string): ShortLinkCluster {
  const annotations = { ...cluster.metadata.annotations, [annotation]: value };
  return { ...cluster, metadata: { ...cluster.metadata, annotations } };
}
