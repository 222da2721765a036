// SPDX-License-Identifier: Apache-2.0
import type { ReplicaId } from '@shortlink/common/ids.ts';
import type { Exported, GenerationEvent, Redistribute } from './events.ts';
import { isAgreed, missingHolders } from './retire-rule.ts';
import type { ChunkObject, GenerationRecord, GenerationState } from './types.ts';

/** What the shard's state says around a generation when an entry about it is applied. */
export interface LifecycleFacts {
  readonly index: number;
  readonly term: number;
  readonly timeMs: number;
  /** Rows in the generation; only looked at while it is active. */
  readonly rows: number;
  /** Generations that are sealed and not retired. */
  readonly waiting: number;
  /** No older generation is left. */
  readonly isOldest: boolean;
  readonly chunkSetVersion: number;
  readonly voters: readonly ReplicaId[];
  /** Voters of the old half while the configuration is joint, else empty. */
  readonly votersOutgoing: readonly ReplicaId[];
}

/** Why an entry has no effect. Each is an ordinary outcome: entries may come late, twice or against a newer state. */
export const ignoreReasons = [
  /** The generation is past this step, or gone. */
  'late',
  /** The generation is not this far yet. */
  'early',
  /** Another object has taken the place of the one that is meant. */
  'otherObject',
  'empty',
  /** Too many generations wait for the object store. */
  'tooMany',
  /** The chunk set or the ring has moved on since the proposer looked. */
  'moved',
  'notOldest',
  'notRead',
  'notAgreed',
  'tooFewHolders',
  /** Another merge of the shard is under way. */
  'busy',
  /** Chunks that are not merged lie between those that are. */
  'notContiguous',
  /** Outputs that a merge of the inputs cannot have. */
  'outOfRange',
  /** Rows of the inputs are missing, or there are rows that were in none. */
  'unbalanced',
  /** Who merged vouches for himself. */
  'sameNode',
] as const;
export type IgnoreReason = (typeof ignoreReasons)[number];

export type Step =
  | {
      readonly kind: 'moved';
      readonly to: GenerationState | 'retired';
      readonly record: GenerationRecord;
      /** An object that nothing refers to from here on. */
      readonly discarded?: ChunkObject | undefined;
    }
  | { readonly kind: 'ignored'; readonly reason: IgnoreReason };

/** Generations that may wait between UPLOAD and RETIRE; with more the object store is away, and sealing on would not help. */
export const waitingGenerationsMax = 16;

type EventOf<T> = Extract<GenerationEvent, { readonly type: T }>;
type Rule<T> = (record: GenerationRecord, event: EventOf<T>, facts: LifecycleFacts) => Step;
type Rules = { readonly [T in Exclude<GenerationEvent['type'], 'upload'>]: Rule<T> };
/** A generation that was never sealed has no record yet. */
type ActiveRules = { readonly [T in GenerationEvent['type']]: (event: EventOf<T>, facts: LifecycleFacts) => Step };
type SealedState = Exclude<GenerationState, 'active'>;

function ignored(reason: IgnoreReason): Step {
  return { kind: 'ignored', reason };
}

const early = (): Step => ignored('early');

function seal(event: EventOf<'upload'>, facts: LifecycleFacts): Step {
  if (facts.rows === 0) return ignored('empty');
  if (facts.waiting >= waitingGenerationsMax) return ignored('tooMany');
  const record: GenerationRecord = {
    id: event.generation,
    sealedIndex: facts.index,
    sealedTerm: facts.term,
    sealedAtMs: facts.timeMs,
    format: event.format,
    votes: [],
    object: undefined,
    readback: undefined,
    placement: undefined,
    holders: [],
  };
  return { kind: 'moved', to: 'sealed', record };
}

function vote(state: SealedState): Rule<'digest'> {
  return (record, { replica, digest }) => {
    if (record.votes.some((one) => one.replica === replica && one.digest === digest)) return ignored('late');
    const votes = [...record.votes.filter((one) => one.replica !== replica), { replica, digest }];
    return { kind: 'moved', to: state, record: { ...record, votes } };
  };
}

function withObject(record: GenerationRecord, event: Exported): Step {
  const fresh = { object: event.object, readback: undefined, placement: undefined, holders: [] };
  return { kind: 'moved', to: 'exported', record: { ...record, ...fresh }, discarded: record.object };
}

function firstExport(record: GenerationRecord, event: Exported): Step {
  return event.replaces === undefined ? withObject(record, event) : ignored('otherObject');
}

function exportAgain(record: GenerationRecord, event: Exported): Step {
  if (event.object.name === record.object?.name) return ignored('late');
  return event.replaces === record.object?.name ? withObject(record, event) : ignored('otherObject');
}

/** An object that does not hold the rows it should is given up: the generation is exported again. */
function readBack(state: 'exported' | 'placed'): Rule<'readback'> {
  return (record, event) => {
    if (record.object?.name !== event.object) return ignored('otherObject');
    if (event.digest === record.object.contentDigest) {
      if (record.readback === event.digest) return ignored('late');
      return { kind: 'moved', to: state, record: { ...record, readback: event.digest } };
    }
    const fresh = { object: undefined, readback: undefined, placement: undefined, holders: [] };
    return { kind: 'moved', to: 'sealed', record: { ...record, ...fresh }, discarded: record.object };
  };
}

function place(record: GenerationRecord, event: Redistribute): Step {
  if (record.object?.name !== event.object) return ignored('otherObject');
  if (record.placement !== undefined && event.placement.ringEpoch <= record.placement.ringEpoch)
    return ignored('moved');
  return { kind: 'moved', to: 'placed', record: { ...record, placement: event.placement } };
}

function hold(state: 'exported' | 'placed'): Rule<'holding'> {
  return (record, event) => {
    if (record.object?.name !== event.object) return ignored('otherObject');
    if (record.holders.includes(event.node)) return ignored('late');
    return { kind: 'moved', to: state, record: { ...record, holders: [...record.holders, event.node] } };
  };
}

/** CL-I4: nothing is deleted before a quorum of digests, the read-back and enough holders are in the log. */
function retire(record: GenerationRecord, event: EventOf<'retire'>, facts: LifecycleFacts): Step {
  if (record.object?.name !== event.object) return ignored('otherObject');
  if (event.chunkSetVersion !== facts.chunkSetVersion) return ignored('moved');
  if (!facts.isOldest) return ignored('notOldest');
  if (record.readback === undefined) return ignored('notRead');
  if (!isAgreed(record.votes, record.readback, facts)) return ignored('notAgreed');
  if (record.placement === undefined || missingHolders(record.holders, record.placement) > 0)
    return ignored('tooFewHolders');
  return { kind: 'moved', to: 'retired', record };
}

const active: ActiveRules = {
  upload: seal,
  digest: early,
  exported: early,
  readback: early,
  redistribute: early,
  holding: early,
  retire: early,
};

/** Every state with every event: TypeScript refuses a table with a hole. */
const sealedRules: { readonly [S in SealedState]: Rules } = {
  sealed: {
    digest: vote('sealed'),
    exported: firstExport,
    readback: early,
    redistribute: early,
    holding: early,
    retire: early,
  },
  exported: {
    digest: vote('exported'),
    exported: exportAgain,
    readback: readBack('exported'),
    redistribute: place,
    holding: hold('exported'),
    retire: early,
  },
  placed: {
    digest: vote('placed'),
    exported: exportAgain,
    readback: readBack('placed'),
    redistribute: place,
    holding: hold('placed'),
    retire,
  },
};

/** The step of a generation that is active. */
export function stepActive(event: GenerationEvent, facts: LifecycleFacts): Step {
  const rule = active[event.type] as (event: GenerationEvent, facts: LifecycleFacts) => Step;
  return rule(event, facts);
}

/** The step of a generation that was sealed. */
export function stepSealed(
  state: SealedState,
  record: GenerationRecord,
  event: GenerationEvent,
  facts: LifecycleFacts,
): Step {
  if (event.type === 'upload') return ignored('late');
  const rule = sealedRules[state][event.type] as (
    record: GenerationRecord,
    event: GenerationEvent,
    facts: LifecycleFacts,
  ) => Step;
  return rule(record, event, facts);
}
