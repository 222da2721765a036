// SPDX-License-Identifier: Apache-2.0
import type { Turn, TurnPhases } from '../../src/engine/host/turn.ts';
import type { KvReader } from '../../src/ports/kv-engine.ts';
import type { ChunkInvariants } from './chunk-invariants.ts';
import type { PromiseChecker } from './promises.ts';
import type { RaftInvariants } from './raft-invariants.ts';

export interface TurnCheckers {
  readonly invariants: RaftInvariants;
  readonly promises: PromiseChecker;
  readonly chunks: ChunkInvariants;
}

/** The same turn, with the checkers looking at what goes through each of its phases. */
export function checkedTurn(turn: Turn, { invariants, promises, chunks }: TurnCheckers, storeOf: () => KvReader): Turn {
  return async (phases) => {
    const watched: TurnPhases = {
      step: () => {
        const stepped = phases.step();
        for (const replica of stepped.active) invariants.stepped(replica);
        promises.stepped(stepped.work);
        invariants.appending(stepped.work);
        return stepped;
      },
      sendEarly: (work) => phases.sendEarly(work),
      persist: (work) => phases.persist(work),
      sendDurable: (work) => phases.sendDurable(work),
      apply: (work) => {
        chunks.applying(work, storeOf());
        phases.apply(work);
        invariants.applied(work);
        chunks.applied(work, storeOf());
      },
      answer: (work) => phases.answer(work),
    };
    await turn(watched);
  };
}
