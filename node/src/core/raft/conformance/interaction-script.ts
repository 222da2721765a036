// SPDX-License-Identifier: Apache-2.0

import { confChangeV1, confChangeV2 } from '../conf-change.ts';
import type { AnyConfChange, ConfChangeTransition } from '../conf-change.ts';
import { describeMessage } from '../describe.ts';
import { newMessage } from '../message.ts';
import { roleName } from '../state.ts';
import type { MessageType, StepResult } from '../types.ts';
import { addNodes } from './add-nodes.ts';
import { parseChanges } from './changes.ts';
import { Environment, stepErrors } from './environment.ts';
import type { Recipient } from './environment.ts';
import { levelNames } from './output.ts';
import { boolean, integer, namedValue, ScriptError } from './script.ts';
import type { Block } from './script.ts';

type Command = (environment: Environment, block: Block) => void;

function firstId(block: Block): number {
  return integer(block.args[0]?.key, 'replica');
}

/** Arguments without a value are ids. */
function ids(block: Block): readonly number[] {
  return block.args.filter((arg) => arg.values.length === 0).map((arg) => integer(arg.key, 'replica'));
}

function check(result: StepResult): void {
  if (result !== 'ok') throw new ScriptError(stepErrors[result]);
}

function setLevel(environment: Environment, name: string): void {
  const level = levelNames.findIndex((known) => known === name.toUpperCase());
  if (level < 0) throw new ScriptError(`log levels must be either of [${levelNames.join(' ')}]`);
  environment.output.scriptLevel = level;
}

/** With several replicas each one's output gets a title. */
function forEachReplica(title: string, run: (environment: Environment, id: number) => void): Command {
  return (environment, block) => {
    const chosen = ids(block);
    for (const id of chosen) {
      if (chosen.length === 1) {
        run(environment, id);
      } else {
        environment.output.write(`> ${id} ${title}\n`);
        environment.output.indented(() => run(environment, id));
      }
    }
  };
}

function stabilize(environment: Environment, block: Block): void {
  const { output } = environment;
  const level = output.scriptLevel;
  const override = block.args.find((arg) => arg.key === 'log-level')?.values[0];
  if (override !== undefined) setLevel(environment, override);
  const chosen = ids(block);
  try {
    environment.stabilize(chosen.length > 0 ? chosen : environment.replicas.map((replica) => replica.id));
  } finally {
    output.scriptLevel = level;
  }
}

const messageTypes: ReadonlySet<string> = new Set<MessageType>([
  'MsgHup',
  'MsgBeat',
  'MsgProp',
  'MsgApp',
  'MsgAppResp',
  'MsgVote',
  'MsgVoteResp',
  'MsgSnap',
  'MsgHeartbeat',
  'MsgHeartbeatResp',
  'MsgUnreachable',
  'MsgSnapStatus',
  'MsgCheckQuorum',
  'MsgTransferLeader',
  'MsgTimeoutNow',
  'MsgReadIndex',
  'MsgReadIndexResp',
  'MsgPreVote',
  'MsgPreVoteResp',
  'MsgStorageAppend',
  'MsgStorageAppendResp',
  'MsgStorageApply',
  'MsgStorageApplyResp',
  'MsgForgetLeader',
]);

function isMessageType(text: string): text is MessageType {
  return messageTypes.has(text);
}

function deliverMessages(environment: Environment, block: Block): void {
  const recipients: Recipient[] = [];
  let type: MessageType | undefined;
  for (const { key, values } of block.args) {
    if (values.length === 0) recipients.push({ id: integer(key, 'replica'), drop: false });
    for (const value of values) {
      if (key === 'drop') {
        const id = integer(value, key);
        if (recipients.some((known) => known.id === id)) {
          throw new ScriptError(`can't both deliver and drop msgs to ${id}`);
        }
        recipients.push({ id, drop: true });
      } else if (key === 'type') {
        if (!isMessageType(value)) throw new ScriptError(`unknown message type ${value}`);
        type = value;
      }
    }
  }
  if (environment.deliver(recipients, type) === 0) environment.output.write('no messages\n');
}

const transitions: ReadonlyMap<string, ConfChangeTransition> = new Map([
  ['auto', 'auto'],
  ['implicit', 'jointImplicit'],
  ['explicit', 'jointExplicit'],
]);

function parseConfChange(block: Block): AnyConfChange {
  let v1 = false;
  let transition: ConfChangeTransition = 'auto';
  for (const { key, values } of block.args.slice(1)) {
    const value = values[0] ?? '';
    if (key === 'v1') {
      v1 = boolean(value, key);
    } else if (key === 'transition') {
      transition = transitions.get(value) ?? failed(`unknown transition ${value}`);
    } else {
      failed(`unknown command ${key}`);
    }
  }
  const changes = parseChanges(block.input);
  if (typeof changes === 'string') throw new ScriptError(changes);
  if (!v1) return confChangeV2(changes, { transition });
  const [change] = changes;
  if (change === undefined || changes.length > 1 || transition !== 'auto') {
    throw new ScriptError('v1 conf change can only have one operation and no transition');
  }
  return confChangeV1(change.type, change.nodeId);
}

function failed(message: string): never {
  throw new ScriptError(message);
}

function ticks(environment: Environment, id: number, count: number): void {
  for (let tick = 0; tick < count; tick++) environment.replica(id).node.tick();
}

function raftState(environment: Environment): void {
  for (const { node } of environment.replicas) {
    const { id, role, lead, hardState, confState } = node.status();
    const isVoter = confState.voters.includes(id) || confState.votersOutgoing.includes(id);
    const membership = isVoter ? '(Voter)' : '(Non-Voter)';
    environment.output.write(`${id}: ${roleName(role)} ${membership} Term:${hardState.term} Lead:${lead}\n`);
  }
}

function sendSnapshot(environment: Environment, block: Block): void {
  const [from, to] = ids(block);
  if (from === undefined || to === undefined) throw new ScriptError('must specify source and destination');
  const { node, storage } = environment.replica(from);
  const message = newMessage('MsgSnap', to);
  message.from = from;
  message.term = node.basicStatus().hardState.term;
  message.snapshot = storage.snapshot();
  environment.messages.push(message);
  environment.output.write(describeMessage(message));
}

function reportUnreachable(environment: Environment, block: Block): void {
  const [reporter, lost, ...others] = ids(block);
  if (reporter === undefined || lost === undefined || others.length > 0) {
    throw new ScriptError('must specify exactly two node indexes: node on which to report, and reported node');
  }
  environment.replica(reporter).node.reportUnreachable(lost);
}

function compact(environment: Environment, block: Block): void {
  const id = firstId(block);
  const result = environment.replica(id).storage.compact(integer(block.args[1]?.key, 'index'));
  if (result !== 'ok') throw new ScriptError('requested index is unavailable due to compaction');
  environment.raftLog(id);
}

function propose(environment: Environment, block: Block): void {
  const payload = block.args[1];
  if (payload === undefined || block.args.length !== 2 || payload.values.length > 0) {
    throw new ScriptError('expected exactly one key with no vals');
  }
  check(environment.replica(firstId(block)).node.propose([new TextEncoder().encode(payload.key)]));
}

function status(environment: Environment, block: Block): void {
  for (const member of environment.replica(firstId(block)).node.status().progress) {
    environment.output.write(`${member.id}: ${member.text}\n`);
  }
}

/** All commands of the language. */
export const interactionCommands: ReadonlyMap<string, Command> = new Map(
  Object.entries<Command>({
    _breakpoint: () => {},
    'add-nodes': addNodes,
    campaign: (environment, block) => check(environment.replica(firstId(block)).node.campaign()),
    compact,
    'deliver-msgs': deliverMessages,
    'process-ready': forEachReplica('handling Ready', (environment, id) => environment.processReady(id)),
    'process-append-thread': forEachReplica('processing append thread', (environment, id) =>
      environment.processAppendThread(id),
    ),
    'process-apply-thread': forEachReplica('processing apply thread', (environment, id) =>
      environment.processApplyThread(id),
    ),
    'log-level': (environment, block) => setLevel(environment, block.args[0]?.key ?? ''),
    'raft-log': (environment, block) => environment.raftLog(firstId(block)),
    'raft-state': raftState,
    'set-randomized-election-timeout': (environment, block) => {
      const timeout = integer(namedValue(block, 'timeout'), 'timeout');
      environment.replica(firstId(block)).node.overrideElectionTimeout(timeout);
    },
    stabilize,
    status,
    'tick-election': (environment, block) => {
      const id = firstId(block);
      ticks(environment, id, environment.replica(id).options.electionTicks);
    },
    'tick-heartbeat': (environment, block) => {
      const id = firstId(block);
      ticks(environment, id, environment.replica(id).options.heartbeatTicks);
    },
    'transfer-leadership': (environment, block) => {
      const from = integer(namedValue(block, 'from'), 'from');
      const to = environment.replica(integer(namedValue(block, 'to'), 'to')).id;
      environment.replica(from).node.transferLeader(to);
    },
    'forget-leader': (environment, block) => void environment.replica(firstId(block)).node.forgetLeader(),
    'send-snapshot': sendSnapshot,
    propose,
    'propose-conf-change': (environment, block) =>
      check(environment.replica(firstId(block)).node.proposeConfChange(parseConfChange(block))),
    'report-unreachable': reportUnreachable,
  }),
);

/** Scripts in which replicas interact: one group, all of whose steps are commands. */
export function newInteractionScript(): (block: Block) => string {
  const environment = new Environment();
  return (block) => {
    const { output } = environment;
    try {
      (interactionCommands.get(block.command) ?? failed('unknown command'))(environment, block);
    } catch (error) {
      if (!(error instanceof ScriptError)) throw error;
      // Errors are printed at any level.
      if (output.quiet) return error.message;
      output.write(error.message);
    }
    const text = output.take();
    return text === '' ? 'ok' : text;
  };
}
