// SPDX-License-Identifier: Apache-2.0
import type { Turn } from '../../src/engine/host/turn.ts';
import { ShardMachine } from '../../src/engine/machines/shard-machine.ts';
import type { SimProcess } from '../sim-process.ts';
import type { Mutation } from './mutant.ts';

/** The same turn, in which each copy of a shard is altered before it does anything. */
export function alteredMachines(turn: Turn, { alterMachine }: Mutation, process: SimProcess): Turn {
  if (alterMachine === undefined) return turn;
  const altered = new WeakSet<ShardMachine>();
  const alter = (): void => {
    for (const { machine, shard } of process.engine.host.replicasByShard.values()) {
      if (!(machine instanceof ShardMachine) || altered.has(machine)) continue;
      altered.add(machine);
      alterMachine(machine, shard, process);
    }
  };
  return async (phases) =>
    turn({
      step: () => {
        alter();
        return phases.step();
      },
      sendEarly: (work) => phases.sendEarly(work),
      persist: (work) => phases.persist(work),
      sendDurable: (work) => phases.sendDurable(work),
      apply: (work) => {
        alter();
        phases.apply(work);
      },
      answer: (work) => phases.answer(work),
    });
}
