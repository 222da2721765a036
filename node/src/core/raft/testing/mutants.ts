// SPDX-License-Identifier: Apache-2.0

import type { LogIndex, Message, ReplicaId } from '../types.ts';
import { Cluster } from './cluster.ts';
import type { ClusterOptions } from './cluster.ts';
import { runRandomSchedule } from './schedule.ts';

/** Something that is wrong on purpose, and a schedule in which that matters. */
export interface Mutant {
  readonly name: string;
  /** What the checker must say. */
  readonly violates: RegExp;
  readonly voters: number;
  /** Gets the cluster later, when it runs: a mutant may know everything. */
  readonly options: (cluster: () => Cluster) => Partial<ClusterOptions>;
  readonly run: (cluster: Cluster) => void;
}

const everySeed = Array.from({ length: 40 }, (_, at) => at + 1);

/** One run of a mutant, or of its schedule without the fault. */
export function runMutant(mutant: Mutant, fault: 'with fault' | 'without fault', seed = 1): readonly string[] {
  const voters = Array.from({ length: mutant.voters }, (_, at) => at + 1);
  const options = fault === 'with fault' ? mutant.options(() => cluster) : {};
  const cluster: Cluster = new Cluster({ seed, voters, ...options });
  mutant.run(cluster);
  return cluster.violations;
}

/** What becomes of a message: undefined if it is lost. */
type Route = (message: Message) => Message | undefined;

/** Lets the disks work and delivers what the route lets through. */
function settle(cluster: Cluster, route: Route): void {
  for (let round = 0; round < 20; round++) {
    for (const node of cluster.nodes) {
      while (node.appends.length > 0) node.completeAppend();
      while (node.applies.length > 0) node.completeApply();
    }
    for (const message of cluster.inFlight.splice(0)) {
      const routed = route(message);
      if (routed !== undefined) cluster.node(routed.to).input((raw) => raw.step(routed));
    }
  }
}

const everywhere: Route = (message) => message;

function among(...ids: readonly ReplicaId[]): Route {
  return (message) => (ids.includes(message.from) && ids.includes(message.to) ? message : undefined);
}

function votesAmong(...ids: readonly ReplicaId[]): Route {
  return (message) => (message.type.startsWith('MsgVote') ? among(...ids)(message) : undefined);
}

function elect(cluster: Cluster, id: ReplicaId, route: Route): void {
  cluster.node(id).input((raw) => raw.campaign());
  settle(cluster, route);
}

/** The largest index that a majority holds, whatever its term. */
function heldByMajority(cluster: Cluster, leader: ReplicaId): LogIndex {
  const log = cluster.node(leader).disk.mirror;
  for (let index = log.lastIndex(); index > log.baseIndex; index--) {
    const chain = log.chainAt(index) ?? 0;
    const holders = cluster.nodes.filter(
      ({ disk }) => index <= disk.mirror.lastIndex() && disk.mirror.holds(index, chain),
    );
    if (holders.length * 2 > cluster.nodes.length) return index;
  }
  return 0;
}

/** Raft thesis, figure 3.7. */
function figure37(cluster: Cluster): void {
  // (a) 1 leads term 2; only 2 gets its entry.
  elect(cluster, 1, votesAmong(1, 2, 3, 4, 5));
  cluster.tick(cluster.node(1));
  settle(cluster, among(1, 2));
  cluster.node(1).crash(0);
  // (b) 5 leads term 3 and keeps its entry to itself.
  elect(cluster, 5, votesAmong(3, 4, 5));
  cluster.node(5).crash(0);
  // (c) 1 leads term 4 and brings the entry of term 2 to 3, but none of its own term.
  cluster.node(1).start();
  const withoutOwnEntries: Route = (message) => {
    const entries = message.entries.filter((entry) => entry.term < message.term);
    return among(1, 2, 3)({ ...message, entries });
  };
  while (!cluster.node(1).leads) elect(cluster, 1, withoutOwnEntries);
  for (let tick = 0; tick < 4; tick++) {
    cluster.tick(cluster.node(1));
    settle(cluster, withoutOwnEntries);
  }
  cluster.node(1).crash(0);
  // (d) 5 leads again, elected by those whose last entries are older, and replaces the entry.
  cluster.node(5).start();
  while (!cluster.node(5).leads && cluster.violations.length === 0) elect(cluster, 5, among(2, 3, 4, 5));
  settle(cluster, among(2, 3, 4, 5));
}

/** Both ask the same voter in one term; it crashes in between. */
function voteAgainAfterCrash(cluster: Cluster): void {
  elect(cluster, 1, votesAmong(1, 3));
  cluster.node(3).crash(0);
  cluster.node(3).start();
  elect(cluster, 2, votesAmong(2, 3));
}

/**
 * 2 asks for votes of term 3 with an entry that is not on its disk yet, crashes, and asks again in the same term without
 * that entry. The vote for its first request arrives late.
 */
function campaignTwiceInOneTerm(cluster: Cluster): void {
  elect(cluster, 1, everywhere);
  cluster.propose(cluster.node(1));
  const append = cluster.inFlight.find(({ type, to }) => type === 'MsgApp' && to === 2);
  settle(cluster, among(1, 3));
  const candidate = cluster.node(2);
  if (append !== undefined) candidate.input((raw) => raw.step(append));
  candidate.input((raw) => raw.campaign());
  for (const message of cluster.inFlight.splice(0))
    if (message.to === 3) cluster.node(3).input((raw) => raw.step(message));
  while (cluster.node(3).appends.length > 0) cluster.node(3).completeAppend();
  const late = cluster.inFlight.splice(0).filter(({ type, to }) => type === 'MsgVoteResp' && to === 2);
  candidate.crash(0);
  candidate.start();
  elect(cluster, 2, among(2));
  for (const message of late) candidate.input((raw) => raw.step(message));
}

/** Answers to the heartbeats of one read arrive when another one waits and the leadership is long lost. */
function lateHeartbeatAnswers(cluster: Cluster): void {
  elect(cluster, 1, everywhere);
  cluster.read(cluster.node(1));
  for (let left = cluster.inFlight.length; left > 0; left--) cluster.deliver(0);
  const late = cluster.inFlight.splice(0);
  elect(cluster, 2, among(2, 3));
  cluster.propose(cluster.node(2));
  settle(cluster, among(2, 3));
  cluster.read(cluster.node(1));
  for (const message of late) cluster.node(1).input((raw) => raw.step(message));
}

/** 3 reads while 1 has lost its leadership to 2 without noticing. */
function readBesideDeposedLeader(cluster: Cluster): void {
  elect(cluster, 1, everywhere);
  elect(cluster, 2, among(2, 3));
  cluster.propose(cluster.node(2));
  settle(cluster, among(2, 3));
  cluster.read(cluster.node(3));
  settle(cluster, among(1, 3));
}

/** All clocks run alike: it is not drift that breaks the lease. */
function cutOffLeaderReads(cluster: Cluster): void {
  elect(cluster, 1, everywhere);
  for (let tick = 0; tick < 40 && cluster.node(1).leads; tick++) {
    for (const node of cluster.nodes) cluster.tick(node);
    // Heartbeats come through until shortly after the leader has checked its quorum.
    settle(cluster, tick < 6 ? everywhere : among(2, 3));
    if (tick > 6) for (const node of cluster.nodes) if (node.id !== 1 && node.leads) cluster.propose(node);
    settle(cluster, among(2, 3));
    cluster.read(cluster.node(1));
    settle(cluster, among(2, 3));
  }
}

function anySchedule(cluster: Cluster): void {
  runRandomSchedule(cluster, 3_000);
}

export const mutants: readonly Mutant[] = [
  {
    name: 'a replica that acknowledges before its disk has the entries',
    violates: /^(leader completeness|committed entries lost|state machine safety|durability|replica)/,
    voters: 3,
    options: () => ({ faults: { writesLostByCrash: 2 } }),
    run: anySchedule,
  },
  {
    name: 'a replica that comes back under its id with an empty disk',
    violates: /^(leader completeness|election safety|log matching|committed entries lost|replica)/,
    voters: 3,
    options: () => ({ faults: { wipeOnRestart: true } }),
    run: anySchedule,
  },
  {
    name: 'a replica that forgets its vote in a crash',
    violates: /^election safety: 1 and 2 lead term 2$/,
    voters: 3,
    options: () => ({ faults: { tamperWrite: (write) => ({ ...write, vote: 0 }) } }),
    run: voteAgainAfterCrash,
  },
  {
    name: 'a candidate that asks for votes before its own term and log are on its disk',
    violates: /^leader completeness: leader 2 of term 3 lacks 3 \(term 2\)$/,
    voters: 3,
    options: () => ({ config: { earlyVoteRequests: true } }),
    run: campaignTwiceInOneTerm,
  },
  {
    name: 'a leader that commits entries of earlier terms by counting',
    violates: /^(leader completeness|state machine safety)/,
    voters: 5,
    options: (cluster) => ({
      faults: {
        tamperSend: (message) => {
          if (message.type !== 'MsgHeartbeat') return message;
          const reached = cluster().node(message.to).disk.mirror.lastIndex();
          const commit = Math.min(heldByMajority(cluster(), message.from), reached);
          return { ...message, commit: Math.max(message.commit, commit) };
        },
      },
    }),
    run: figure37,
  },
  {
    name: 'a heartbeat response that confirms more reads than its heartbeat carried',
    violates: /^reads: 1 answers r2/,
    voters: 3,
    options: () => ({
      faults: {
        tamperSend: (message) =>
          message.type === 'MsgHeartbeatResp' && message.context !== undefined
            ? { ...message, context: Uint8Array.of(255, 255, 255, 0, 0, 0, 0, 0) }
            : message,
      },
    }),
    run: lateHeartbeatAnswers,
  },
  {
    name: 'a follower that vouches for a leader whose term it has left',
    violates: /^reads: 3 answers r1/,
    voters: 3,
    options: () => ({
      config: { vouchedReads: true },
      faults: {
        tamperSend: (message) => {
          if (message.type === 'MsgReadIndex') return { ...message, to: 1, logTerm: 2 };
          return message.type === 'MsgReadIndexResp' ? { ...message, term: 3 } : message;
        },
      },
    }),
    run: readBesideDeposedLeader,
  },
  {
    name: 'a leader that reads under a lease it cannot know to hold',
    violates: /^reads: 1 answers/,
    voters: 3,
    options: () => ({ config: { checkQuorum: true, readOnlyOption: 'leaseBased' } }),
    run: cutOffLeaderReads,
  },
];

/** The first violation of a mutant over some seeds; a directed schedule needs one. */
export function firstViolation(mutant: Mutant): string | undefined {
  for (const seed of mutant.run === anySchedule ? everySeed : [1]) {
    const violation = runMutant(mutant, 'with fault', seed)[0];
    if (violation !== undefined) return violation;
  }
  return undefined;
}
