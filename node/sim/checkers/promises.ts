// SPDX-License-Identifier: Apache-2.0
import type { Message } from '../../src/core/raft/types.ts';
import type { Replica } from '../../src/engine/host/replica.ts';
import type { TurnWork } from '../../src/engine/host/turn-work.ts';
import type { PeerFrame } from '../../src/ports/peers.ts';
import type { Violations } from './violations.ts';

interface Promised {
  term: number;
  /** Votes of `term`: 0 while none was given. */
  vote: number;
  /** The last index of the log that a leader was told about, as far as nobody replaced it since. */
  index: number;
}

/**
 * H1: nothing that promises durability leaves before it is durable. What each replica tells others is remembered here,
 * outside of all processes, and compared with what it knows after a restart.
 */
export class PromiseChecker {
  readonly #violations: Violations;
  readonly #promised = new Map<string, Promised>();
  readonly #votes = new Map<string, number>();

  constructor(violations: Violations) {
    this.#violations = violations;
  }

  sending(frame: PeerFrame): void {
    for (const { shard, message } of frame.raft) this.#sent(shard, message);
  }

  /** A newer leader replaces what was acknowledged to an older one. To be called before anything of the turn is sent. */
  stepped(work: TurnWork): void {
    for (const { replica, message } of work.appends) {
      const promised = this.#promised.get(nameOf(replica.shard, replica.key.replicaId));
      if (promised === undefined) continue;
      const first = message.entries[0];
      if (message.snapshot !== undefined) promised.index = Math.min(promised.index, message.snapshot.metadata.index);
      if (first !== undefined) promised.index = Math.min(promised.index, first.index - 1);
    }
  }

  recovered(replica: Replica): void {
    const name = nameOf(replica.shard, replica.key.replicaId);
    const promised = this.#promised.get(name);
    if (promised === undefined) return;
    const { hardState, lastIndex } = replica.raw.basicStatus();
    if (hardState.term < promised.term) {
      this.#violations.add(
        'durable term',
        `${name} told others of term ${promised.term} and restarts in ${hardState.term}`,
      );
    }
    if (hardState.term === promised.term && promised.vote !== 0 && hardState.vote !== promised.vote) {
      this.#violations.add(
        'durable vote',
        `${name} voted for ${promised.vote} in term ${promised.term} and remembers ${hardState.vote}`,
      );
    }
    if (lastIndex < promised.index) {
      this.#violations.add(
        'durable log',
        `${name} acknowledged entry ${promised.index} and restarts with ${lastIndex}`,
      );
    }
  }

  #sent(shard: number, message: Message): void {
    const { type, from, to, term, index, reject } = message;
    if (reject || (type !== 'MsgVoteResp' && type !== 'MsgAppResp')) return;
    const promised = this.#of(nameOf(shard, from));
    if (term > promised.term) {
      promised.term = term;
      promised.vote = 0;
    }
    if (type === 'MsgAppResp') {
      promised.index = Math.max(promised.index, index);
      return;
    }
    if (term === promised.term) promised.vote = to;
    const name = `${nameOf(shard, from)}, term ${term}`;
    const before = this.#votes.get(name) ?? to;
    this.#votes.set(name, before);
    if (before !== to) this.#violations.add('one vote a term', `${name}: votes for ${before} and ${to}`);
  }

  #of(name: string): Promised {
    let promised = this.#promised.get(name);
    if (promised === undefined) {
      promised = { term: 0, vote: 0, index: 0 };
      this.#promised.set(name, promised);
    }
    return promised;
  }
}

function nameOf(shard: number, replica: number): string {
  return `shard ${shard}, replica ${replica}`;
}
