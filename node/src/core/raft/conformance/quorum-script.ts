// SPDX-License-Identifier: Apache-2.0

import { allVoters, jointCommittedIndex, jointVoteResult } from '../quorum/joint.ts';
import type { JointConfig } from '../quorum/joint.ts';
import { majorityCommittedIndex, majorityVoteResult } from '../quorum/majority.ts';
import type { AckedIndexes, MajorityConfig } from '../quorum/majority.ts';
import type { LogIndex, ReplicaId } from '../types.ts';
import { integer, ScriptError } from './script.ts';
import type { Block } from './script.ts';

interface QuorumInput {
  readonly majority: MajorityConfig;
  /** Undefined when the script is about one majority only. */
  readonly joint: JointConfig | undefined;
  /** Per voter in the order of its first mention; undefined for a placeholder. */
  readonly indexes: readonly (number | undefined)[];
  readonly votes: readonly (boolean | undefined)[];
  readonly mentioned: readonly ReplicaId[];
}

function unique(ids: readonly ReplicaId[]): readonly ReplicaId[] {
  return [...new Set(ids)];
}

function sorted(ids: readonly ReplicaId[]): MajorityConfig {
  return unique(ids).toSorted((a, b) => a - b);
}

function parseIndex(text: string): number | undefined {
  if (text === '_') return undefined;
  const index = integer(text, 'idx');
  if (index === 0) throw new ScriptError('cannot use 0 as idx');
  return index;
}

function parseVote(text: string): boolean | undefined {
  if (text === '_') return undefined;
  if (text !== 'y' && text !== 'n') throw new ScriptError(`unknown vote: ${text}`);
  return text === 'y';
}

function parseInput(block: Block): QuorumInput {
  const values = new Map(block.args.map((arg) => [arg.key, arg.values]));
  for (const key of values.keys()) {
    if (!['cfg', 'cfgj', 'idx', 'votes'].includes(key)) throw new ScriptError(`unknown arg ${key}`);
  }
  const ids = (values.get('cfg') ?? []).map((id) => integer(id, 'cfg'));
  const second = values.get('cfgj');
  const secondIds = second === undefined || second[0] === 'zero' ? [] : second.map((id) => integer(id, 'cfgj'));
  const majority = sorted(ids);
  return {
    majority,
    joint: second === undefined ? undefined : { incoming: majority, outgoing: sorted(secondIds) },
    indexes: (values.get('idx') ?? []).map(parseIndex),
    votes: (values.get('votes') ?? []).map(parseVote),
    mentioned: unique([...ids, ...secondIds]),
  };
}

function byVoter<T>(voters: readonly ReplicaId[], values: readonly (T | undefined)[]): Map<ReplicaId, T> {
  const known = new Map<ReplicaId, T>();
  for (const [at, voter] of voters.entries()) {
    const value = values[at];
    if (value !== undefined) known.set(voter, value);
  }
  return known;
}

function lookup(known: ReadonlyMap<ReplicaId, LogIndex>): AckedIndexes {
  return { ackedIndex: (voter) => known.get(voter) };
}

function printIndex(index: LogIndex): string {
  return index === Number.POSITIVE_INFINITY ? '∞' : String(index);
}

/** A bar per voter, as long as the number of voters that are behind it. */
function describeIndexes(voters: MajorityConfig, known: ReadonlyMap<ReplicaId, LogIndex>): string {
  const count = voters.length;
  if (count === 0) return '<empty majority quorum>';
  const indexOf = (id: ReplicaId): LogIndex => known.get(id) ?? 0;
  let text = `${' '.repeat(count)}    idx\n`;
  for (const id of voters) {
    const behind = voters.filter((other) => indexOf(other) < indexOf(id)).length;
    const bar = known.has(id) ? `${'x'.repeat(behind)}>${' '.repeat(count - behind)}` : `?${' '.repeat(count)}`;
    text += `${bar} ${String(indexOf(id)).padStart(5)}    (id=${id.toString(16)})\n`;
  }
  return text;
}

/** Counts, for every index, who has at least that much: slower and simpler than the core's way. */
function committedByCounting(voters: MajorityConfig, known: ReadonlyMap<ReplicaId, LogIndex>): LogIndex {
  if (voters.length === 0) return Number.POSITIVE_INFINITY;
  const quorum = Math.floor(voters.length / 2) + 1;
  const indexes = voters.map((id) => known.get(id) ?? 0);
  const committable = indexes.filter((index) => indexes.filter((other) => other >= index).length >= quorum);
  return Math.max(0, ...committable);
}

function checkMajority(voters: MajorityConfig, known: ReadonlyMap<ReplicaId, LogIndex>): string {
  const index = majorityCommittedIndex(voters, lookup(known));
  let text = '';
  const check = (other: LogIndex, how: string): void => {
    if (other !== index) text += `${printIndex(other)} <-- ${how}\n`;
  };
  check(committedByCounting(voters, known), 'via alternative computation');
  check(jointCommittedIndex({ incoming: voters, outgoing: [] }, lookup(known)), 'via zero-joint quorum');
  check(jointCommittedIndex({ incoming: voters, outgoing: voters }, lookup(known)), 'via self-joint quorum');
  for (const id of voters) {
    const own = known.get(id) ?? 0;
    if (own === 0 || index <= own) continue;
    // A voter that is behind the committed index cannot lower it by being further behind.
    for (const lower of [own - 1, 0]) {
      const overlaid = lookup(new Map([...known, [id, lower]]));
      check(majorityCommittedIndex(voters, overlaid), `overlaying ${id}->${lower}`);
    }
  }
  return `${text}${printIndex(index)}\n`;
}

function runCommitted({ majority, joint, indexes, mentioned }: QuorumInput): string {
  const known = byVoter(mentioned, indexes);
  if (joint === undefined) return describeIndexes(majority, known) + checkMajority(majority, known);
  const index = jointCommittedIndex(joint, lookup(known));
  const mirrored = jointCommittedIndex({ incoming: joint.outgoing, outgoing: joint.incoming }, lookup(known));
  const asymmetry = mirrored === index ? '' : `${printIndex(mirrored)} <-- via symmetry\n`;
  return `${describeIndexes(allVoters(joint), known)}${asymmetry}${printIndex(index)}\n`;
}

const voteNames = { pending: 'VotePending', lost: 'VoteLost', won: 'VoteWon' } as const;

function runVote({ majority, joint, votes, mentioned }: QuorumInput): string {
  const known = byVoter(mentioned, votes);
  if (joint === undefined) return `${voteNames[majorityVoteResult(majority, known)]}\n`;
  const result = jointVoteResult(joint, known);
  const mirrored = jointVoteResult({ incoming: joint.outgoing, outgoing: joint.incoming }, known);
  const asymmetry = mirrored === result ? '' : `${voteNames[mirrored]} <-- via symmetry\n`;
  return `${asymmetry}${voteNames[result]}\n`;
}

/** Scripts about quorums: every command stands for itself. */
export function newQuorumScript(): (block: Block) => string {
  return (block) => {
    const input = parseInput(block);
    const given = block.command === 'vote' ? input.votes : input.indexes;
    if (given.length !== input.mentioned.length) {
      const voters = input.mentioned.map((id) => `${id}:{}`).join(' ');
      return `error: mismatched input (explicit or _) for voters map[${voters}]: [${given.map((it) => it ?? 0).join(' ')}]`;
    }
    if (block.command === 'committed') return runCommitted(input);
    if (block.command === 'vote') return runVote(input);
    throw new ScriptError(`unknown command: ${block.command}`);
  };
}
