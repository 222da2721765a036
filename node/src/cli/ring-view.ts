// SPDX-License-Identifier: Apache-2.0
import type { Api } from './api-client.ts';
import { readCluster } from './cluster-view.ts';
import type { ClusterView } from './cluster-view.ts';
import { CliError } from '@shortlink/common/cli/exit-codes.ts';
import { isRecord, recordsOf, textOf, type JsonRecord } from '@shortlink/common/cli/json.ts';

/** `npx shortlink ring status --output json`; scripts rely on it. */
export interface RingStatus {
  readonly epoch: number;
  readonly operatorEpoch: number;
  /** Why nothing moves; null while things may. */
  readonly brake: string | null;
  readonly nodes: readonly JsonRecord[];
  readonly chunks: JsonRecord;
  readonly lastChange: JsonRecord | null;
  readonly events: readonly JsonRecord[];
}

/** What the leader of the meta group says of the ring. @throws CliError unavailable while it cannot be asked. */
export async function readRing(api: Api): Promise<{ readonly cluster: ClusterView; readonly status: RingStatus }> {
  const cluster = await readCluster(api);
  const ring = cluster.raw['ring'];
  if (!isRecord(ring))
    throw new CliError('unavailable', 'the leader of the meta group cannot be asked at the moment; try again');
  return { cluster, status: statusOf(cluster, ring) };
}

function statusOf(cluster: ClusterView, ring: JsonRecord): RingStatus {
  const heard = new Map(recordsOf(ring['nodes']).map((node) => [textOf(node['id']), node]));
  const nodes = recordsOf(cluster.raw['nodes']).map(({ id, name, zone, weight, state }) => {
    const { id: _, ...facts } = heard.get(textOf(id)) ?? { state: 'UNKNOWN' };
    return { id, name, zone, weight, ...facts, chunksHeld: facts['chunksHeld'] ?? 0, membership: state };
  });
  return {
    epoch: Number(ring['epoch']),
    operatorEpoch: Number(ring['operatorEpoch']),
    brake: textOf(ring['brake']) ?? null,
    nodes,
    chunks: isRecord(ring['chunks']) ? ring['chunks'] : {},
    lastChange: isRecord(ring['lastChange']) ? ring['lastChange'] : null,
    events: recordsOf(ring['events']),
  };
}
