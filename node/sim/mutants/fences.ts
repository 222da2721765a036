// SPDX-License-Identifier: Apache-2.0
import type { ShardId } from '@shortlink/common/ids.ts';
import { decodeGenerationRecord } from '../../src/core/lifecycle/records-codec.ts';
import { generationRecordKey } from '../../src/core/statemachine/keys.ts';
import { decodeEntry, encodeEntry } from '../../src/core/statemachine/entry-codec.ts';
import type { ColdSight, Command } from '../../src/core/statemachine/commands.ts';
import type { ChunkWorkPorts, ChunkWorkSettings } from '../../src/engine/chunks/open-chunk-work.ts';
import type { AppliedEntry, EntryResults } from '../../src/engine/machines/machine.ts';
import type { ShardMachine } from '../../src/engine/machines/shard-machine.ts';
import type { ColdTier } from '../../src/ports/cold-tier.ts';
import type { SimProcess } from '../sim-process.ts';
import { changedEngine } from '../changed-engine.ts';
import { commandsOf } from './request-commands.ts';
import type { Profile } from '../profile.ts';
import type { Mutant } from './mutant.ts';

/** Above every chunk-set version of a run. */
const anyVersion = 2 ** 40;

/** What a leader saw in the cold tier counts for ever. */
function withoutFence(machine: ShardMachine): void {
  const apply = machine.apply.bind(machine);
  machine.apply = (entries, batch) =>
    apply(
      entries.map((applied) => withCommandsOf(applied, (all) => all.map(withoutVersion))),
      batch,
    );
}

function withoutVersion(command: Command): Command {
  if (command.type === 'createLinks')
    return command.coldVersion === undefined ? command : { ...command, coldVersion: anyVersion };
  if (command.type === 'kvBatch') return { ...command, operations: command.operations.map(unfenced) };
  return 'cold' in command ? unfenced(command) : command;
}

function unfenced<T extends { readonly cold?: ColdSight | undefined }>(one: T): T {
  return one.cold === undefined ? one : { ...one, cold: { ...one.cold, version: anyVersion } };
}

/** Some looks take their time, as those of a store far away do: meanwhile a generation may come and go. */
function slowly(tier: ColdTier, { timers, random, clock }: SimProcess): ColdTier {
  const delays = random.split('slow looks');
  return {
    query: async (query, timeoutMs) => {
      const deadlineMs = clock.monotonicMs() + timeoutMs;
      const answer = await tier.query(query, timeoutMs);
      if (!delays.chance(0.2)) return answer;
      const waitMs = Math.min(delays.between(800, 1_800), deadlineMs - clock.monotonicMs() - 100);
      await new Promise<void>((resolve) => {
        timers.after(Math.max(0, waitMs), resolve);
      });
      return answer;
    },
  };
}

/** Generations that live for less than a second. */
function hastily(settings: ChunkWorkSettings): ChunkWorkSettings {
  const policy = { ...settings.policy, sealAfterBytes: 1, sealAfterMs: 1 };
  const merges = { ...settings.merges, policy: { ...settings.merges.policy, maxCandidates: 4 } };
  return { ...settings, policy, merges, roundMs: 30, bytesPerSecond: 1_000_000 };
}

const replayAfterMs = 4_000;

/** Many clients, near to each other and to a cluster in which nothing else goes wrong. */
function crowded(profile: Profile): Profile {
  const delayUs = { least: 50, most: 500 };
  return { ...profile, faults: [], chunkFaults: [], initialShards: 1, delayUs, clients: 12, thinkMs: 40 };
}

/** Announcements come again a while later, as from a log that is read again from too early on. */
function replayed(ports: ChunkWorkPorts): ChunkWorkPorts {
  const { engine, timers } = ports;
  return {
    ...ports,
    engine: changedEngine(engine, {
      submit: (request, answer) => {
        engine.submit(request, answer);
        if (!commandsOf(request).some(({ type }) => type === 'exported')) return;
        timers.after(replayAfterMs, () => engine.submit(request, () => {}));
      },
    }),
  };
}

/** An object that is announced takes the place of whatever is there, also when it was given up before. */
function takesEveryExport(machine: ShardMachine, shard: ShardId, { store }: SimProcess): void {
  const apply = machine.apply.bind(machine);
  const objectNow = (generation: number): string | undefined => {
    const record = store.get('state', generationRecordKey({ shard, slot: machine.slot }, generation));
    return record === undefined ? undefined : decodeGenerationRecord(record).object?.name;
  };
  const taken = (command: Command): readonly Command[] =>
    command.type === 'exported'
      ? [
          { type: 'forget', objects: [command.object.name] },
          { ...command, replaces: objectNow(command.generation) },
        ]
      : [command];
  machine.apply = (entries, batch) => {
    const commands = entries.map(({ entry: { type, data } }) =>
      type === 'normal' && data.length > 0 ? decodeEntry(data).commands : [],
    );
    const results = apply(
      entries.map((applied) => withCommandsOf(applied, (all) => all.flatMap(taken))),
      batch,
    );
    // One answer for each command that was asked.
    return results.map((ofEntry, i) => {
      const asked = commands[i] ?? [];
      return ofEntry.length === asked.length ? ofEntry : lastOfEach(asked, ofEntry);
    });
  };
}

function lastOfEach(asked: readonly Command[], results: EntryResults): EntryResults {
  let next = 0;
  return asked.flatMap(({ type }) => {
    next += type === 'exported' ? 2 : 1;
    return results.slice(next - 1, next);
  });
}

function withCommandsOf(
  applied: AppliedEntry,
  change: (commands: readonly Command[]) => readonly Command[],
): AppliedEntry {
  const { entry } = applied;
  if (entry.type !== 'normal' || entry.data.length === 0) return applied;
  const content = decodeEntry(entry.data);
  return { ...applied, entry: { ...entry, data: encodeEntry({ ...content, commands: change(content.commands) }) } };
}

export const fenceMutants: readonly Mutant[] = [
  {
    name: 'no fence across tiers',
    knownFrom: 'SlateDB #352, #1622: what was checked before a pause counts after it; design, existence across tiers',
    seeds: 24,
    caughtBy: ['linearizability', 'unique codes', 'durability'],
    mutation: { alterMachine: withoutFence, coldTier: slowly, chunkSettings: hastily, profile: crowded },
  },
  {
    name: 'exports are applied again without a fence',
    knownFrom: 'Redpanda #24574, #9618: metadata commands replayed after recovery, a segment added twice',
    seeds: 12,
    caughtBy: ['one object a generation'],
    mutation: { alterMachine: takesEveryExport, chunkPorts: replayed },
  },
];
