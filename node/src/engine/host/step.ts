// SPDX-License-Identifier: Apache-2.0
import type { EngineObserver } from '../engine-observer.ts';
import type { Replica } from './replica.ts';
import { explain } from '../requests.ts';

export interface StepContext {
  /** Trusted wall clock for new entries; undefined: this node must not lead now. */
  readonly stampMs: number | undefined;
  readonly nowMs: number;
  readonly observer: EngineObserver;
  /** Steps the replica again in a while. */
  readonly later: (replica: Replica, delayMs: number) => void;
}

/** First phase of a turn for one replica: everything that arrived since the last one goes into the Raft state machine. */
export function stepReplica(replica: Replica, context: StepContext): void {
  const { raw } = replica;
  const inbox = replica.inbox;
  replica.inbox = [];
  for (const message of inbox) raw.step(message);
  if (replica.tickPending) {
    replica.tickPending = false;
    replica.tick(context.nowMs);
  }
  replica.lead = raw.basicStatus().lead;
  propose(replica, context);
  const read = replica.reads.startRound();
  if (read !== undefined) raw.readIndex(read);
}

function propose(replica: Replica, context: StepContext): void {
  const { proposals, raw } = replica;
  if (proposals.waitingCount === 0) return;
  if (!replica.isLeader) return proposals.failWaiting('this replica does not lead the shard');
  if (context.stampMs === undefined)
    return proposals.failWaiting('the clock of the leader differs from the majority; it may not lead');
  const dueInMs = replica.pace.dueInMs(context.nowMs, proposals.waitingBytes);
  if (dueInMs > 0) return context.later(replica, dueInMs);
  let writes = 0;
  for (let bundle = proposals.takeBundle(); bundle.length > 0; bundle = proposals.takeBundle()) {
    const refused = new Set<number>();
    const built = replica.machine.buildEntry(
      bundle.map((request) => request.payload),
      context.stampMs,
      (i, status, message) => {
        refused.add(i);
        bundle[i]?.answer(status, explain(message));
      },
    );
    if (built === undefined) continue;
    if (raw.propose([built.data]) !== 'ok') {
      bundle.forEach((request, i) => {
        if (!refused.has(i))
          request.answer('overloaded', explain('the shard takes no more writes at the moment; try again'));
      });
      continue;
    }
    const status = raw.basicStatus();
    context.observer.proposed(built.mutations);
    writes += built.mutations;
    let from = 0;
    const proposed = bundle.flatMap((request, i) => {
      const count = built.counts[i] ?? 0;
      const part = { request, from, count };
      from += count;
      return refused.has(i) ? [] : [part];
    });
    proposals.appended(status.lastIndex, status.hardState.term, proposed);
  }
  replica.pace.started(context.nowMs, writes);
}
