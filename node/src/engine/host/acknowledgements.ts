// SPDX-License-Identifier: Apache-2.0
import type { Message, ReplicaId } from '../../core/raft/types.ts';

interface Acknowledged {
  readonly to: ReplicaId;
  readonly term: number;
  readonly index: number;
}

/**
 * A follower answers every append, also those that only tell it a new commit index. What such an answer says was mostly said
 * right before, and hearing it again costs the leader a frame and a turn. Should the first one be lost, the leader asks
 * again after its next heartbeat, which is a tick away: so long, and no longer, repetitions are left out.
 */
export class Acknowledgements {
  #last: Acknowledged | undefined;

  /** Forgets, so that the next answer goes out whatever it says. */
  tick(): void {
    this.#last = undefined;
  }

  /** Takes note of a message that is about to be sent. @returns false when it says only what was said since the last tick. */
  admit({ type, to, term, index, reject }: Message): boolean {
    if (type !== 'MsgAppResp' || reject) return true;
    const last = this.#last;
    if (last?.to === to && last.term === term && last.index >= index) return false;
    this.#last = { to, term, index };
    return true;
  }
}
