// SPDX-License-Identifier: Apache-2.0
import type { ReplicaId } from '@shortlink/common/ids.ts';
import { missingHolders, missingVotes } from './retire-rule.ts';
import type { GenerationRecord } from './types.ts';

/** What a sealed generation may lack on its way to RETIRE, in the order in which it gets it. */
export type WaitStep = 'votes' | 'export' | 'readback' | 'placement' | 'holders' | 'older' | 'retire';

export interface Wait {
  readonly step: WaitStep;
  /** How many of them: replicas' votes, copies, older generations; else 1. */
  readonly missing: number;
}

/** Where a generation stands in its shard. */
export interface WaitContext {
  readonly voters: readonly ReplicaId[];
  readonly votersOutgoing: readonly ReplicaId[];
  /** Sealed generations before this one. */
  readonly older: number;
}

/** What the generation waits for at this moment, never nothing: votes come in beside the other steps, which follow one another. */
export function waitingFor(record: GenerationRecord, context: WaitContext): readonly Wait[] {
  const votes = votesMissing(record, context);
  const next = nextStep(record);
  const waits = [...(votes === 0 ? [] : [{ step: 'votes', missing: votes } as const]), ...(next ? [next] : [])];
  if (waits.length > 0) return waits;
  return [context.older > 0 ? { step: 'older', missing: context.older } : { step: 'retire', missing: 1 }];
}

/** For the digest that will be asked for; before there is an object, for the one that most replicas gave. */
function votesMissing({ votes, object }: GenerationRecord, voters: WaitContext): number {
  const digests = object === undefined ? votes.map(({ digest }) => digest) : [object.contentDigest];
  return Math.min(missingVotes([], '', voters), ...digests.map((digest) => missingVotes(votes, digest, voters)));
}

function nextStep({ object, readback, placement, holders }: GenerationRecord): Wait | undefined {
  if (object === undefined) return { step: 'export', missing: 1 };
  if (readback === undefined) return { step: 'readback', missing: 1 };
  if (placement === undefined) return { step: 'placement', missing: 1 };
  const copies = missingHolders(holders, placement);
  return copies === 0 ? undefined : { step: 'holders', missing: copies };
}
