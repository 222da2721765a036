// SPDX-License-Identifier: Apache-2.0
import type { CollectedObject, RepairOutcome, ScrubFinding, UpkeepJob } from '../../ports/chunk-upkeep.ts';
import { id, list, object, ref, text, timestamp, whole } from './schema-parts.ts';

const states: Readonly<Record<UpkeepJob['state']['kind'], true>> = { running: true, done: true, failed: true };
const standings: Readonly<Record<CollectedObject['standing'], string>> = {
  garbage: 'it was unlinked',
  orphan: 'it was never on record, and nothing can refer to it any more',
};
const problems: Readonly<Record<ScrubFinding['problem'], string>> = {
  missing: 'it is on record, and not in the object store',
  corrupt: 'it is not what is on record',
  extra: 'it is in the object store, and nothing can refer to it any more',
  unreadable: 'the object store did not give it',
};
const repairs: Readonly<Record<RepairOutcome, string>> = {
  repaired: 'it was made anew, or is being made anew',
  lost: 'there is no right copy of it on any node',
  failed: 'it was not done; try again',
};

function described(meanings: Readonly<Record<string, string>>): string {
  return Object.entries(meanings)
    .map(([name, meaning]) => `${name}: ${meaning}`)
    .join('; ');
}

const pending = { ...id, description: 'Objects on no record that stay: they are young, or may still get on one.' };
const foreign = { ...id, description: 'Objects whose names are none of the cluster’s; nobody touches them.' };
const flag = { type: 'boolean' } as const;

/** Of the operations that look after the objects of chunks. */
export const upkeepSchemas = {
  CollectOrder: object({ dryRun: { ...flag, description: 'Only say what would be deleted.' } }, []),
  ScrubOrder: object({ repair: { ...flag, description: 'Make anew what is missing or wrong.' } }, []),
  CollectedObject: whole({
    name: text,
    sizeBytes: id,
    standing: { enum: Object.keys(standings), description: described(standings) },
    waitsFor: {
      enum: ['age', 'manifest', null],
      description:
        'Null: it was deleted, or would be. age: it was unlinked too lately; manifest: there is no manifest without it yet.',
    },
  }),
  ShardCollection: whole({ shard: id, objects: list(ref('CollectedObject')), pending, foreign, abortedUploads: id }),
  ScrubFinding: whole({
    name: text,
    problem: { enum: Object.keys(problems), description: described(problems) },
    detail: text,
    repair: { enum: [...Object.keys(repairs), null], description: described(repairs) },
  }),
  ShardScrub: whole({
    shard: id,
    checkedObjects: id,
    checkedBytes: id,
    findings: list(ref('ScrubFinding')),
    pending,
    foreign,
  }),
  UpkeepJob: whole({
    id: { ...id, description: 'Different for each job of a process.' },
    kind: { enum: ['gc', 'scrub'] },
    option: { ...flag, description: 'dryRun of a collection, repair of a scrub.' },
    state: { enum: Object.keys(states) },
    startedAt: timestamp,
    endedAt: { type: ['string', 'null'], format: 'date-time' },
    message: { type: ['string', 'null'], description: 'Why it failed.' },
    progress: whole({ shards: id, shardsDone: id, bytes: id, bytesDone: id }),
    collections: { ...list(ref('ShardCollection')), description: 'Of a collection that is done.' },
    scrubs: { ...list(ref('ShardScrub')), description: 'Of a scrub that is done.' },
  }),
} as const;
