// SPDX-License-Identifier: Apache-2.0
import type { Entry } from '../../src/core/raft/types.ts';
import type { Command, CommandResult } from '../../src/core/statemachine/commands.ts';
import { decodeEntry } from '../../src/core/statemachine/entry-codec.ts';
import { turn } from '../../src/engine/host/turn.ts';
import type { Turn } from '../../src/engine/host/turn.ts';
import type { TurnWork } from '../../src/engine/host/turn-work.ts';
import type { Mutant } from './mutant.ts';

const durability = ['durable log', 'durable term', 'durable vote', 'one vote a term'];

/** Votes and acknowledgements leave before the batch that they promise (H1). */
const answerBeforePersist: Turn = async (phases) => {
  const { work } = phases.step();
  void phases.sendEarly(work);
  pushResponses(work);
  phases.sendDurable(work);
  work.durable.length = 0;
  phases.persist(work);
  phases.apply(work);
  phases.answer(work);
};

function pushResponses(work: TurnWork): void {
  for (const { replica, message } of work.appends) {
    for (const response of message.responses ?? []) {
      if (response.to !== replica.key.replicaId) work.durable.push({ replica, message: response });
    }
  }
}

/** A leader answers creates and puts as soon as they are in its own log, without a quorum: right, unless the entry is lost. */
const answerBeforeCommit: Turn = async (phases) => {
  await turn({
    step: () => phases.step(),
    sendEarly: (work) => phases.sendEarly(work),
    persist: (work) => {
      phases.persist(work);
      for (const { replica, message } of work.appends) {
        if (!replica.isLeader || replica.isMeta) continue;
        for (const entry of message.entries) {
          const results = likelyResults(entry);
          if (results !== undefined) replica.proposals.settle(entry, results, replica.machine);
        }
      }
    },
    sendDurable: (work) => phases.sendDurable(work),
    apply: (work) => phases.apply(work),
    answer: (work) => phases.answer(work),
  });
};

/** The answers of an entry, where they are known without applying it. */
function likelyResults(entry: Entry): CommandResult[] | undefined {
  if (entry.type !== 'normal' || entry.data.length === 0) return undefined;
  const results = decodeEntry(entry.data).commands.map(likelyResult);
  return results.every((result) => result !== undefined) ? results : undefined;
}

function likelyResult(command: Command): CommandResult | undefined {
  if (command.type === 'kvPut' && command.ifRevision === undefined) return { kind: 'kv', revision: 1, existed: true };
  if (command.type !== 'createLink' || !command.generated || command.code === undefined) return undefined;
  const { code, url, creatorId, expiresAtMs } = command;
  const times = { createdAtMs: 1, updatedAtMs: 1, expiresAtMs };
  return { kind: 'link', link: { code, url, creatorId, ...times, disabled: false, createRevision: 1, revision: 1 } };
}

export const turnMutants: readonly Mutant[] = [
  {
    name: 'answers before it persists',
    knownFrom: 'etcd #14370: answered before the own fsync',
    seeds: 48,
    caughtBy: durability,
    mutation: { turn: answerBeforePersist },
  },
  {
    name: 'store that ignores sync',
    knownFrom: 'NATS JetStream #7564: acknowledged, and synced to disk some time later',
    seeds: 6,
    caughtBy: durability,
    mutation: { honoursSync: false },
  },
  {
    name: 'answers before commit',
    knownFrom: 'openraft #1802: committed without a quorum',
    seeds: 12,
    caughtBy: ['durability', 'linearizability'],
    mutation: { turn: answerBeforeCommit },
  },
];
