// SPDX-License-Identifier: Apache-2.0
import { localAppendThread, localApplyThread } from '../../core/raft/types.ts';
import type { Entry, Message } from '../../core/raft/types.ts';
import type { Replica } from './replica.ts';

export interface AppendWork {
  readonly replica: Replica;
  readonly message: Message;
}

export interface ApplyWork {
  readonly replica: Replica;
  readonly entries: readonly Entry[];
  readonly responses: readonly Message[];
}

/** What the Raft state machines want done in one turn, sorted by when it may be done. */
export interface TurnWork {
  readonly early: { readonly replica: Replica; readonly message: Message }[];
  readonly appends: AppendWork[];
  /** Filled after `persist`: what the durable writes allow to be said. */
  readonly durable: { readonly replica: Replica; readonly message: Message }[];
  readonly applies: ApplyWork[];
  readonly answers: (() => void)[];
  needsSync: boolean;
}

export function newTurnWork(): TurnWork {
  return { early: [], appends: [], durable: [], applies: [], answers: [], needsSync: false };
}

/** Takes a replica's outstanding Ready, if there is one. */
export function collect(replica: Replica, work: TurnWork): void {
  const { raw } = replica;
  if (!raw.hasReady()) return;
  const ready = raw.ready();
  if (ready.softState !== undefined) replica.lead = ready.softState.lead;
  for (const state of ready.readStates) replica.reads.confirm(state.requestContext, state.index);
  if (ready.readStates.length > 0) work.answers.push(() => replica.reads.serve(replica.machine.appliedIndex));
  if (ready.mustSync || ready.snapshot !== undefined) work.needsSync = true;
  for (const message of ready.messages) {
    if (message.to === localAppendThread) {
      work.appends.push({ replica, message });
    } else if (message.to === localApplyThread) {
      work.applies.push({ replica, entries: message.entries, responses: message.responses ?? [] });
    } else {
      work.early.push({ replica, message });
    }
  }
}
