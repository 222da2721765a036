// SPDX-License-Identifier: Apache-2.0
import type { ClusterId } from '@shortlink/common/ids.ts';
import { archiveVersion } from '../../core/archive/manifests.ts';
import { supersededName } from '../../core/lifecycle/object-names.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import type { ArchiveStore } from '../archive/documents.ts';
import { putDocument } from '../archive/documents.ts';
import { clustersIn, hasManifest } from '../archive/find-clusters.ts';
import { supersededBy } from '../archive/supersession.ts';
import { mintClusterId } from '../cluster/cluster-ids.ts';
import { RebuildError } from './rebuild-context.ts';
import type { RebuildContext } from './rebuild-context.ts';

interface Candidate {
  readonly clusterId: ClusterId;
  readonly by: ClusterId | undefined;
}

/** The cluster that is meant: the named one, or the only one that no other has taken the place of. @throws RebuildError */
export async function chooseCluster(
  { objects, codec }: ArchiveStore,
  wanted: ClusterId | undefined,
): Promise<ClusterId> {
  if (wanted !== undefined) {
    if (await hasManifest(objects, wanted)) return wanted;
    throw new RebuildError(`the object store holds no manifest of a cluster ${wanted}; ${await whatIsThere(objects)}`);
  }
  const candidates: Candidate[] = [];
  for await (const clusterId of clustersIn(objects)) {
    candidates.push({ clusterId, by: await supersededBy(objects, clusterId, (bytes) => codec.sha256Of(bytes)) });
  }
  const current = candidates.filter(({ by }) => by === undefined);
  // One whose rebuild was begun and came to nothing is still the one that is meant.
  const begun =
    current.length > 0 ? [] : candidates.filter(({ by }) => !candidates.some((one) => one.clusterId === by));
  const meant = current.length > 0 ? current : begun;
  const [only] = meant;
  if (only === undefined) throw new RebuildError(`there is nothing to rebuild; ${await whatIsThere(objects)}`);
  if (meant.length === 1) return only.clusterId;
  const ids = meant.map(({ clusterId }) => clusterId).join(', ');
  throw new RebuildError(`the object store holds several clusters: ${ids}; choose one with --cluster`);
}

async function whatIsThere(objects: ObjectStore): Promise<string> {
  const ids: ClusterId[] = [];
  for await (const id of clustersIn(objects)) ids.push(id);
  return ids.length === 0
    ? 'the object store holds no manifest of any cluster: is the URL the one of objectStore.url?'
    : `it holds ${ids.join(', ')}`;
}

/**
 * The id of the new cluster, for which the old one's place is taken: from here on the old one exports and deletes nothing.
 * A rebuild that was begun and did not end goes on under the id that it had. @throws RebuildError when one has ended before.
 */
export async function takePlace(
  context: RebuildContext,
  clusterId: ClusterId,
  options: { readonly again: boolean },
): Promise<ClusterId> {
  const { from, to, random, clock } = context;
  const by = mintClusterId(random);
  const mark = { kind: 'superseded', version: archiveVersion, clusterId, by, atMs: clock.nowMs() } as const;
  const outcome = await putDocument(from, supersededName(clusterId), mark);
  if (outcome === 'created') return by;
  const earlier = await supersededBy(from.objects, clusterId, (bytes) => from.codec.sha256Of(bytes));
  if (earlier === undefined) throw new RebuildError(`${supersededName(clusterId)} was there and is gone: try again`);
  const isDone = earlier === 'unknown' || (await hasManifest(to.objects, earlier));
  if (!isDone) return earlier;
  if (options.again) return by;
  throw new RebuildError(
    `cluster ${clusterId} was rebuilt as cluster ${earlier} already; rebuild that one with --cluster ${earlier}, or make another one of what ${clusterId} left with --again`,
  );
}
