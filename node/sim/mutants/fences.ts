// SPDX-License-Identifier: Apache-2.0
import type { ShardId } from '@shortlink/common/ids.ts';
import { decodeGenerationRecord } from '../../src/core/lifecycle/records-codec.ts';
import { generationRecordKey } from '../../src/core/statemachine/keys.ts';
import { decodeEntry, encodeEntry } from '../../src/core/statemachine/entry-codec.ts';
import type { Command } from '../../src/core/statemachine/commands.ts';
import type { ChunkWorkPorts } from '../../src/engine/chunks/open-chunk-work.ts';
import type { AppliedEntry, EntryResults } from '../../src/engine/machines/machine.ts';
import type { ShardMachine } from '../../src/engine/machines/shard-machine.ts';
import type { SimProcess } from '../sim-process.ts';
import { changedEngine, commandsOf } from './changed-engine.ts';
import type { Mutant } from './mutant.ts';

const replayAfterMs = 4_000;

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
    name: 'exports are applied again without a fence',
    knownFrom: 'Redpanda #24574, #9618: metadata commands replayed after recovery, a segment added twice',
    seeds: 12,
    caughtBy: ['one object a generation'],
    mutation: { alterMachine: takesEveryExport, chunkPorts: replayed },
  },
];
