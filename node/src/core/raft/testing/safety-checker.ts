// SPDX-License-Identifier: Apache-2.0

import type { BasicStatus } from '../status.ts';
import type { ConfState, Entry, LogIndex, ReadState, ReplicaId, Term } from '../types.ts';
import { Chains } from './chains.ts';
import type { Chain, LogMirror } from './chains.ts';

/** One replica as the checker sees it, right after it has handled one input. */
export interface Observed {
  readonly id: ReplicaId;
  readonly status: BasicStatus;
  /** Its log in memory. */
  readonly log: LogMirror;
}

interface Committed {
  readonly chain: Chain;
  /** Term of the leader that committed it. */
  readonly commitTerm: Term;
}

/** How the checker looks at the other replicas when a leader commits. */
export interface Disks {
  confStateOf(id: ReplicaId): ConfState;
  durableLogOf(id: ReplicaId): LogMirror | undefined;
}

const decoder = new TextDecoder();

/**
 * The safety properties of the Raft thesis (figure 3.2), checked after every single step, and two more: a commit rests
 * on the disks of a quorum, and a read misses nothing that was committed before it began (section 6.4).
 */
export class SafetyChecker {
  readonly chains = new Chains();
  readonly violations: string[] = [];
  readonly #leaderByTerm = new Map<Term, ReplicaId>();
  readonly #leaderSince = new Map<ReplicaId, Term>();
  /** The one prefix that may end in the entry (index, term). */
  readonly #prefixes = new Map<string, Chain>();
  readonly #committed = new Map<LogIndex, Committed>();
  readonly #commits = new Map<ReplicaId, LogIndex>();
  readonly #readsFrom = new Map<string, LogIndex>();
  /** Every replica starts behind this entry, or learns of it by a snapshot. */
  committedIndex: LogIndex = 1;
  served = 0;
  readonly #disks: Disks;

  constructor(disks: Disks) {
    this.#disks = disks;
  }

  report(violation: string): void {
    this.violations.push(violation);
  }

  /** New entries of a replica's log, before the mirror has them. */
  append(id: ReplicaId, status: BasicStatus, log: LogMirror, entries: readonly Entry[]): void {
    const first = entries[0];
    const leads = status.role === 'leader' && this.#leaderSince.get(id) === status.hardState.term;
    if (first !== undefined && leads && first.index <= log.lastIndex()) {
      this.report(`leader append-only: ${id} replaces its entry ${first.index} in term ${status.hardState.term}`);
    }
    for (const entry of entries) {
      if (!log.put(entry, this.chains)) return this.report(`log of ${id}: entry ${entry.index} leaves a gap`);
      this.#matchLogs(id, entry, log);
    }
  }

  /** After every input: roles, commit index. */
  observe(observed: Observed): void {
    this.#checkElection(observed);
    this.#checkCommit(observed);
  }

  /** A crash forgets what was only in memory. */
  restarted(id: ReplicaId): void {
    this.#leaderSince.delete(id);
    this.#commits.delete(id);
  }

  applied(id: ReplicaId, index: LogIndex, chain: Chain): void {
    const expected = this.#committed.get(index);
    if (expected === undefined) this.report(`state machine safety: ${id} applied ${index}, which nobody has committed`);
    else if (expected.chain !== chain) this.report(`state machine safety: ${id} applied another entry at ${index}`);
  }

  readStarted(context: string): void {
    if (!this.#readsFrom.has(context)) this.#readsFrom.set(context, this.committedIndex);
  }

  readServed(id: ReplicaId, read: ReadState): void {
    const context = decoder.decode(read.requestContext);
    const from = this.#readsFrom.get(context);
    this.served++;
    if (from === undefined) this.report(`reads: ${id} answers ${context}, which nobody asked`);
    else if (read.index < from) {
      this.report(`reads: ${id} answers ${context} at ${read.index}, but ${from} was committed before it began`);
    }
  }

  #matchLogs(id: ReplicaId, entry: Entry, log: LogMirror): void {
    const chain = log.chainAt(entry.index) ?? 0;
    const key = `${entry.index}/${entry.term}`;
    const known = this.#prefixes.get(key);
    if (known === undefined) this.#prefixes.set(key, chain);
    else if (known !== chain) this.report(`log matching: ${id} has another log up to entry ${key}`);
    if (entry.term < (log.termAt(entry.index - 1) ?? 0)) this.report(`log of ${id}: terms fall at ${key}`);
  }

  #checkElection({ id, status, log }: Observed): void {
    const { term } = status.hardState;
    if (status.role !== 'leader') {
      this.#leaderSince.delete(id);
      return;
    }
    if (this.#leaderSince.get(id) === term) return;
    this.#leaderSince.set(id, term);
    const other = this.#leaderByTerm.get(term);
    if (other === undefined) this.#leaderByTerm.set(term, id);
    else if (other !== id) this.report(`election safety: ${other} and ${id} lead term ${term}`);
    for (let index = this.committedIndex; index > 1; index--) {
      const committed = this.#committed.get(index);
      if (committed === undefined || committed.commitTerm >= term) continue;
      // The chain covers everything before it as well.
      if (!log.holds(index, committed.chain)) {
        this.report(`leader completeness: leader ${id} of term ${term} lacks ${index} (term ${committed.commitTerm})`);
      }
      return;
    }
  }

  #checkCommit({ id, status, log }: Observed): void {
    const { commit, term } = status.hardState;
    const before = this.#commits.get(id) ?? 0;
    if (commit === before) return;
    this.#commits.set(id, commit);
    if (commit < before) this.report(`commit index of ${id} falls from ${before} to ${commit}`);
    const known = this.#committed.get(Math.min(commit, this.committedIndex));
    if (known !== undefined && !log.holds(Math.min(commit, this.committedIndex), known.chain)) {
      this.report(`committed entries lost: ${id} has committed ${commit}, but not what others have`);
    }
    if (commit <= this.committedIndex) return;
    for (let index = this.committedIndex + 1; index <= commit; index++) {
      const chain = log.chainAt(index);
      if (chain !== undefined) this.#committed.set(index, { chain, commitTerm: term });
    }
    this.committedIndex = commit;
    if (status.role === 'leader') this.#checkDurable(id, commit, log.chainAt(commit) ?? 0);
  }

  #checkDurable(leader: ReplicaId, index: LogIndex, chain: Chain): void {
    const { voters, votersOutgoing } = this.#disks.confStateOf(leader);
    for (const half of [voters, votersOutgoing]) {
      const durable = half.filter((id) => {
        const log = this.#disks.durableLogOf(id);
        return log !== undefined && index <= log.lastIndex() && log.holds(index, chain);
      });
      if (half.length > 0 && durable.length * 2 <= half.length) {
        this.report(
          `durability: ${leader} commits ${index}, which only ${durable.join(' ')} of ${half.join(' ')} have`,
        );
      }
    }
  }
}
