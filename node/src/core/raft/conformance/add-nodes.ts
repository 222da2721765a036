// SPDX-License-Identifier: Apache-2.0

import type { ReadOnlyOption } from '../config.ts';
import { noLimit } from '../types.ts';
import type { Snapshot } from '../types.ts';
import type { Environment } from './environment.ts';
import { Replica } from './replica.ts';
import type { ReplicaOptions } from './replica.ts';
import { boolean, integer, ScriptError } from './script.ts';
import type { Argument, Block } from './script.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Options = Mutable<Omit<ReplicaOptions, 'id'>>;

interface Initial {
  voters: readonly number[];
  learners: readonly number[];
  index: number;
  content: string;
}

const readOnlyOptions: ReadonlyMap<string, ReadOnlyOption> = new Map([
  ['safe', 'safe'],
  ['lease-based', 'leaseBased'],
]);

function applyInitial(initial: Initial, { key, values }: Argument, value: string): boolean {
  if (key === 'voters') initial.voters = values.map((id) => integer(id, key));
  else if (key === 'learners') initial.learners = values.map((id) => integer(id, key));
  else if (key === 'index') initial.index = integer(value, key);
  else if (key === 'content') initial.content = value;
  else return false;
  return true;
}

function applyOption(options: Options, key: string, value: string): void {
  switch (key) {
    case 'inflight':
      options.maxInflightMsgs = integer(value, key);
      break;
    case 'async-storage-writes':
      options.asyncStorageWrites = boolean(value, key);
      break;
    case 'prevote':
      options.preVote = boolean(value, key);
      break;
    case 'checkquorum':
      options.checkQuorum = boolean(value, key);
      break;
    case 'max-committed-size-per-ready':
      options.maxCommittedSizePerReadyBytes = integer(value, key);
      break;
    case 'disable-conf-change-validation':
      options.disableConfChangeValidation = boolean(value, key);
      break;
    case 'step-down-on-removal':
      options.stepDownOnRemoval = boolean(value, key);
      break;
    case 'read-only': {
      const option = readOnlyOptions.get(value);
      if (option === undefined) throw new ScriptError(`invalid read-only option ${JSON.stringify(value)}`);
      options.readOnlyOption = option;
      break;
    }
    default:
      throw new ScriptError(`unknown argument ${key}`);
  }
}

/** `add-nodes 3 voters=(1,2,3) learners=(4) index=2 content=foo async-storage-writes=true …` */
export function addNodes(environment: Environment, block: Block): void {
  const [first, ...rest] = block.args;
  const count = integer(first?.key, 'number of nodes');
  const initial: Initial = { voters: [], learners: [], index: 0, content: '' };
  const options: Options = {
    electionTicks: 3,
    heartbeatTicks: 1,
    maxSizePerMsgBytes: noLimit,
    maxInflightMsgs: 2 ** 31 - 1,
    // The scripts show requests for votes among the messages that need not wait.
    earlyVoteRequests: true,
    logger: environment.output,
  };
  for (const arg of rest) {
    const value = arg.values[0] ?? '';
    if (!applyInitial(initial, arg, value)) applyOption(options, arg.key, value);
  }
  const { voters, learners, index, content } = initial;
  const bootstrapped = voters.length + learners.length + index > 0 || content !== '';
  if (bootstrapped && index <= 1) throw new ScriptError('index must be specified as > 1 due to bootstrap');
  const confState = { voters, learners, votersOutgoing: [], learnersNext: [], autoLeave: false };
  const snapshot: Snapshot = {
    metadata: { confState, index, term: bootstrapped ? 1 : 0 },
    data: new TextEncoder().encode(content),
  };
  for (let added = 0; added < count; added++) {
    const id = environment.replicas.length + 1;
    environment.replicas.push(new Replica({ ...options, id, applied: index }, snapshot, bootstrapped));
  }
}
