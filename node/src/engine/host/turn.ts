// SPDX-License-Identifier: Apache-2.0
import type { Replica } from './replica.ts';
import type { TurnWork } from './turn-work.ts';

/** The phases of a turn; the host implements them, the simulator may call them in a wrong order to prove it would notice. */
export interface TurnPhases {
  /** Steps every replica that has something to do and collects what follows from it. */
  step(): { readonly active: readonly Replica[]; readonly work: TurnWork };
  /** What promises nothing: a leader's appends, heartbeats. Requests for votes wait: they promise a term and a log. */
  sendEarly(work: TurnWork): Promise<void> | undefined;
  /** One synchronous batch for all groups: entries, hard states, installed snapshots. */
  persist(work: TurnWork): void;
  /** What promises durability: acknowledgements, votes and requests for them. */
  sendDurable(work: TurnWork): void;
  /** Committed entries of all groups in one batch, which needs no fsync: the log has it. */
  apply(work: TurnWork): void;
  /** Answers to everybody whose write or read is done. */
  answer(work: TurnWork): void;
}

export type Turn = (phases: TurnPhases) => Promise<void>;

/**
 * The algorithm of the host (design §3.3): step → send what needs no fsync → ONE synchronous batch for all groups →
 * send votes and acknowledgements → apply → answer. H-I1: nothing that promises durability leaves before the batch.
 * What the batch would promise to nobody but this node, a leader's own entries above all, can wait (ADR 0026): what a
 * quorum has made durable already is applied and answered first, so that no client waits for the fsync of others' writes.
 */
export const turn: Turn = async (phases) => {
  const { work } = phases.step();
  const sent = phases.sendEarly(work);
  // Let the socket have the appends before fsync blocks this thread: the followers' disks work at the same time as ours.
  if (sent !== undefined && work.needsSync) await sent;
  const isHurried = isAwaited(work);
  if (isHurried) promise(phases, work);
  phases.apply(work);
  phases.answer(work);
  if (!isHurried) promise(phases, work);
};

function promise(phases: TurnPhases, work: TurnWork): void {
  phases.persist(work);
  phases.sendDurable(work);
}

/** Another node waits for what this turn's batch promises, or what is applied here comes with the batch. */
function isAwaited({ appends }: TurnWork): boolean {
  return appends.some(
    ({ replica, message }) =>
      message.snapshot !== undefined || message.responses?.some(({ to }) => to !== replica.key.replicaId),
  );
}
