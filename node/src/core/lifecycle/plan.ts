// SPDX-License-Identifier: Apache-2.0
import type { ReplicaId } from '@shortlink/common/ids.ts';
import type { Redistribute, Retire, Upload } from './events.ts';
import { isAgreed, missingHolders } from './retire-rule.ts';
import { waitingGenerationsMax } from './transitions.ts';
import type { ChunkFormat, GenerationRecord, Placement } from './types.ts';
import type { GenerationSummary, LifecycleView } from './view.ts';

export interface ChunkPolicy {
  /** Bytes of the active generation after which it is sealed. */
  readonly sealAfterBytes: number;
  /** Age of its first row after which it is sealed. */
  readonly sealAfterMs: number;
  readonly format: ChunkFormat;
}

export interface PlanInput {
  readonly view: LifecycleView;
  /** Of the sealed generations, oldest first. */
  readonly records: readonly GenerationRecord[];
  readonly isLeader: boolean;
  /** The replica of this shard that lives here; undefined: none. */
  readonly replica: ReplicaId | undefined;
  readonly policy: ChunkPolicy;
  /** Nodes that take chunks now. */
  readonly placement: Placement;
  /** A clock that may be wrong: it decides only when something is proposed. */
  readonly nowMs: number;
  /** For how long this node has known rows in the active generation: shard time may be ahead of every clock. */
  readonly activeForMs: number;
}

/** One thing to do next; each is harmless when it is done late or twice. */
export type LifecycleWork =
  | { readonly kind: 'propose'; readonly command: Upload | Redistribute | Retire }
  /** Compute the digest of the local rows and vote. */
  | { readonly kind: 'digest'; readonly record: GenerationRecord }
  /** Build the chunk, put it into the store, and say so. */
  | { readonly kind: 'export'; readonly record: GenerationRecord }
  /** Read the object again and compare. */
  | { readonly kind: 'readback'; readonly record: GenerationRecord };

/** What this node should do for a shard: at most one thing a generation, the oldest generation first. */
export function planLifecycle(input: PlanInput): LifecycleWork[] {
  const { view, records, isLeader } = input;
  const work: LifecycleWork[] = [];
  for (const record of records) {
    const summary = view.generations.find(({ id }) => id === record.id);
    if (summary === undefined) continue;
    if (owesDigest(record, input)) work.push({ kind: 'digest', record });
    const next = isLeader ? leaderWork(record, summary, input) : undefined;
    if (next !== undefined) work.push(next);
  }
  const [active] = view.generations;
  if (isLeader && active !== undefined && isDue(active, input)) {
    work.push({ kind: 'propose', command: { type: 'upload', generation: active.id, format: input.policy.format } });
  }
  return work;
}

function owesDigest(record: GenerationRecord, { replica }: PlanInput): boolean {
  return replica !== undefined && record.votes.every((vote) => vote.replica !== replica);
}

function isDue(active: GenerationSummary, { view, policy, nowMs, activeForMs }: PlanInput): boolean {
  if (active.rows === 0 || view.generations.length > waitingGenerationsMax) return false;
  const ageMs = Math.max(nowMs - active.startedAtMs, activeForMs);
  return active.bytes >= policy.sealAfterBytes || ageMs >= policy.sealAfterMs;
}

/** The object holds what its exporter had, and a quorum, this replica included, has other rows: it can never retire. */
function isOfOtherRows({ votes, readback }: GenerationRecord, { replica, view }: PlanInput): boolean {
  const own = votes.find((vote) => vote.replica === replica)?.digest;
  return own !== undefined && own !== readback && isAgreed(votes, own, view);
}

function leaderWork(record: GenerationRecord, summary: GenerationSummary, input: PlanInput): LifecycleWork | undefined {
  const { object } = record;
  if (object === undefined) return { kind: 'export', record };
  if (record.readback === undefined) return { kind: 'readback', record };
  const { placement, view } = input;
  if (isOfOtherRows(record, input)) return { kind: 'export', record };
  if (record.placement === undefined || record.placement.ringEpoch < placement.ringEpoch) {
    return {
      kind: 'propose',
      command: { type: 'redistribute', generation: record.id, object: object.name, placement },
    };
  }
  const isOldest = view.generations.at(-1)?.id === summary.id;
  const isReady =
    isAgreed(record.votes, record.readback, view) && missingHolders(record.holders, record.placement) === 0;
  if (!isOldest || !isReady) return undefined;
  const { chunkSetVersion } = view;
  return { kind: 'propose', command: { type: 'retire', generation: record.id, object: object.name, chunkSetVersion } };
}
