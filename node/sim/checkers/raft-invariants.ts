// SPDX-License-Identifier: Apache-2.0
import { metaShardId } from '@shortlink/common/ids.ts';
import type { Entry } from '../../src/core/raft/types.ts';
import type { Replica } from '../../src/engine/host/replica.ts';
import type { TurnWork } from '../../src/engine/host/turn-work.ts';
import { hashBytes } from '../sim-random.ts';
import type { Violations } from './violations.ts';

/**
 * The properties of Raft (thesis, figure 3.2), checked at each step of each replica against all that was seen in the run:
 * election safety, log matching and state machine safety; and that equal logs make equal states.
 */
export class RaftInvariants {
  readonly #violations: Violations;
  readonly #leaders = new Map<string, number>();
  readonly #entries = new Map<string, number>();
  readonly #committed = new Map<string, string>();
  readonly #states = new Map<string, string>();

  constructor(violations: Violations) {
    this.#violations = violations;
  }

  /** Entries that were applied anywhere, without repetition. */
  get committedCount(): number {
    return this.#committed.size;
  }

  stepped(replica: Replica): void {
    const { role, hardState } = replica.raw.basicStatus();
    if (role !== 'leader') return;
    const place = `shard ${replica.shard}, term ${hardState.term}`;
    const id = replica.key.replicaId;
    const known = remember(this.#leaders, place, id);
    if (known !== id) this.#violations.add('election safety', `${place}: replicas ${known} and ${id} both lead`);
  }

  appending(work: TurnWork): void {
    for (const { replica, message } of work.appends) {
      for (const entry of message.entries) this.#appended(replica, entry);
    }
  }

  applied(work: TurnWork): void {
    for (const { replica, entries } of work.applies) {
      for (const entry of entries) this.#applied(replica, entry);
      this.#compareState(replica);
    }
  }

  /** Also after a snapshot was installed and after a restart. */
  #compareState(replica: Replica): void {
    const { appliedIndex, appliedTerm, confState } = replica.machine;
    const { revision, timeMs, stateHash } = replica.machine.status();
    const state = `term ${appliedTerm}, revision ${revision}, time ${timeMs}, hash ${stateHash}, ${JSON.stringify(confState)}`;
    const place = `shard ${replica.shard}, applied ${appliedIndex}`;
    const known = remember(this.#states, place, state);
    if (known !== state)
      this.#violations.add(
        'equal states',
        `${place}: replica ${replica.key.replicaId} has ${state}, another one ${known}`,
      );
    if (confState.voters.length === 0 && appliedIndex > 0) this.#violations.add('configuration', `${place}: no voters`);
    if (!replica.healthy && replica.shard !== metaShardId) {
      this.#violations.add(
        'state hash',
        `${place}: replica ${replica.key.replicaId} found that its state differs from its leader's`,
      );
    }
  }

  recovered(replica: Replica): void {
    this.#compareState(replica);
  }

  #appended(replica: Replica, entry: Entry): void {
    const place = `shard ${replica.shard}, entry ${entry.index} of term ${entry.term}`;
    const hash = hashBytes(entry.data);
    const known = remember(this.#entries, place, hash);
    if (known !== hash) this.#violations.add('log matching', `${place}: two different contents`);
  }

  #applied(replica: Replica, entry: Entry): void {
    const place = `shard ${replica.shard}, index ${entry.index}`;
    const content = `term ${entry.term}, ${hashBytes(entry.data)}`;
    const known = remember(this.#committed, place, content);
    if (known === content) return;
    this.#violations.add(
      'state machine safety',
      `${place}: replica ${replica.key.replicaId} applies ${content}, another one applied ${known}`,
    );
  }
}

/** What is known under a name; the value itself when nothing was. */
function remember<T>(map: Map<string, T>, name: string, value: T): T {
  const known = map.get(name);
  if (known !== undefined) return known;
  map.set(name, value);
  return value;
}
