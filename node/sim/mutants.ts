// SPDX-License-Identifier: Apache-2.0
import { metaShardId } from '@shortlink/common/ids.ts';
import { decodeCommand, encodeCommand } from '../src/core/statemachine/command-codec.ts';
import { decodeEntry } from '../src/core/statemachine/entry-codec.ts';
import type { Command, CommandResult } from '../src/core/statemachine/commands.ts';
import type { Entry } from '../src/core/raft/types.ts';
import type { ChunkWorkPorts } from '../src/engine/chunks/open-chunk-work.ts';
import type { BarrierOutcome, EngineApi } from '../src/engine/engine-api.ts';
import { turn } from '../src/engine/host/turn.ts';
import { LinkVersions } from '../src/engine/link-versions.ts';
import type { Turn } from '../src/engine/host/turn.ts';
import type { TurnWork } from '../src/engine/host/turn-work.ts';
import { decodeList, encodeList } from '../src/engine/machines/shard-payload.ts';
import { ShardMachine } from '../src/engine/machines/shard-machine.ts';
import type { SimProcess } from './sim-process.ts';

/** A known mistake, put into the system to see that the checkers notice. */
export interface Mutant {
  readonly turn?: Turn | undefined;
  readonly honoursSync?: boolean | undefined;
  readonly linkVersionsFor?: (() => LinkVersions) | undefined;
  /** What the serving threads talk to, instead of the engine. */
  readonly engineFor?: ((process: SimProcess) => EngineApi) | undefined;
  /** The world as the chunks of a process see it. */
  readonly chunkPortsFor?: ((ports: ChunkWorkPorts, process: SimProcess) => ChunkWorkPorts) | undefined;
}

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

/** Linearizable reads that ask nobody whether this replica is still up to date. */
function readAtOnce({ engine }: SimProcess): EngineApi {
  return {
    submit: (request, answer) => engine.submit(request, answer),
    askForCopy: (node, question, answer) => engine.askForCopy(node, question, answer),
    carry: (facts, counts) => engine.carry(facts, counts),
    admin: (request, answer) => engine.admin(request, answer),
    onMap: (listener) => engine.onMap(listener),
    barrier: (shard, _timeoutMs, answer: (outcome: BarrierOutcome) => void) => {
      const machine = engine.host.replicasByShard.get(shard)?.machine;
      if (!(machine instanceof ShardMachine) || machine.appliedIndex === 0) return answer({ kind: 'elsewhere' });
      answer({ kind: 'view', view: machine.view(engine.router.readNowMs()) });
    },
  };
}

/** A gateway that mints another key for each attempt, so that an attempt that was applied unseen is applied again. */
function newKeyForEachAttempt({ engine }: SimProcess): EngineApi {
  let attempts = 0;
  const rekeyed = (payload: Uint8Array): Uint8Array => {
    const commands = decodeList(payload, decodeCommand).map((command): Command => {
      if (command.type !== 'createLinks') return command;
      const key = command.dedup.key.slice();
      // Not the bytes that route it.
      new DataView(key.buffer).setUint32(12, ++attempts);
      return { ...command, dedup: { ...command.dedup, key } };
    });
    return encodeList(commands, encodeCommand);
  };
  return {
    submit: (request, answer) => {
      const isData = request.kind === 'write' && request.shard !== metaShardId;
      engine.submit(isData ? { ...request, payload: rekeyed(request.payload) } : request, answer);
    },
    askForCopy: (node, question, answer) => engine.askForCopy(node, question, answer),
    carry: (facts, counts) => engine.carry(facts, counts),
    admin: (request, answer) => engine.admin(request, answer),
    onMap: (listener) => engine.onMap(listener),
    barrier: (shard, limitMs, answer) => engine.barrier(shard, limitMs, answer),
  };
}

export const mutants = {
  'answers before persisting': { turn: answerBeforePersist },
  'store that ignores sync': { honoursSync: false },
  'answers before commit': { turn: answerBeforeCommit },
  'reads at once': { engineFor: readAtOnce },
  // The engine raises versions that no cache looks at.
  'tells no cache of changes': { linkVersionsFor: () => new LinkVersions() },
  'new key for each attempt': { engineFor: newKeyForEachAttempt },
} as const satisfies Readonly<Record<string, Mutant>>;
