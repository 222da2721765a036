// SPDX-License-Identifier: Apache-2.0

import { asConfChangeV2 } from './conf-change.ts';
import { decodeConfChangeEntry } from './conf-change-codec.ts';
import { describeChanges } from './describe-conf-change.ts';
import { quoteBytes } from './quote.ts';
import { hex, roleName } from './state.ts';
import { localAppendThread, localApplyThread, noReplica } from './types.ts';
import type { ConfState, Entry, HardState, Message, Ready, ReplicaId, Snapshot, SoftState } from './types.ts';

// For people, and for the golden scripts: the same texts as etcd's core.

const entryTypeNames = {
  normal: 'EntryNormal',
  confChange: 'EntryConfChange',
  confChangeV2: 'EntryConfChangeV2',
} as const;

function describeTarget(id: ReplicaId): string {
  if (id === noReplica) return 'None';
  if (id === localAppendThread) return 'AppendThread';
  if (id === localApplyThread) return 'ApplyThread';
  return hex(id);
}

export function describeEntry(entry: Entry): string {
  const text = `${entry.term}/${entry.index} ${entryTypeNames[entry.type]}`;
  const change = decodeConfChangeEntry(entry);
  if (change === undefined) return `${text} ${quoteBytes(entry.data)}`;
  const changes = change === 'malformed' ? change : describeChanges(asConfChangeV2(change).changes);
  return changes === '' ? text : `${text} ${changes}`;
}

/** One line per entry. */
export function describeEntries(entries: readonly Entry[]): string {
  return entries.map((entry) => `${describeEntry(entry)}\n`).join('');
}

export function describeConfState(state: ConfState): string {
  const list = (ids: readonly ReplicaId[]): string => `[${ids.join(' ')}]`;
  return (
    `Voters:${list(state.voters)} VotersOutgoing:${list(state.votersOutgoing)} ` +
    `Learners:${list(state.learners)} LearnersNext:${list(state.learnersNext)} AutoLeave:${state.autoLeave}`
  );
}

export function describeSnapshot(snapshot: Snapshot): string {
  const { index, term, confState } = snapshot.metadata;
  return `Index:${index} Term:${term} ConfState:${describeConfState(confState)}`;
}

function describeHardState(state: HardState): string {
  const vote = state.vote === noReplica ? '' : ` Vote:${state.vote}`;
  return `Term:${state.term}${vote} Commit:${state.commit}`;
}

function describeSoftState(state: SoftState): string {
  return `Lead:${state.lead} State:${roleName(state.role)}`;
}

function describeMessageEntries(entries: readonly Entry[], indent: string): string {
  if (entries.length === 0) return '';
  const texts = entries.map(describeEntry);
  if (texts.length === 1) return ` Entries:[${texts[0] ?? ''}]`;
  return ` Entries:[${texts.map((text) => `\n${indent}  ${text}`).join('')}\n${indent}]`;
}

/** A message on one line; several entries, a snapshot and responses follow on lines of their own. */
export function describeMessage(message: Message, indent = ''): string {
  const { type, from, to, term, logTerm, index, snapshot, responses = [] } = message;
  let text = `${indent}${describeTarget(from)}->${describeTarget(to)} ${type} Term:${term} Log:${logTerm}/${index}`;
  if (message.reject) text += ` Rejected (Hint: ${message.rejectHint})`;
  if (message.commit !== 0) text += ` Commit:${message.commit}`;
  if (message.vote !== noReplica) text += ` Vote:${message.vote}`;
  text += describeMessageEntries(message.entries, indent);
  if (snapshot !== undefined && snapshot.metadata.index !== 0) {
    text += `\n${indent}  Snapshot: ${describeSnapshot(snapshot)}`;
  }
  if (responses.length === 0) return text;
  const lines = responses.map((response) => `\n${describeMessage(response, `${indent}  `)}`);
  return `${text} Responses:[${lines.join('')}\n${indent}]`;
}

/** Everything a Ready asks for, one line per item. */
export function describeReady(ready: Ready): string {
  let text = '';
  if (ready.softState !== undefined) text += `${describeSoftState(ready.softState)}\n`;
  if (ready.hardState !== undefined) text += `HardState ${describeHardState(ready.hardState)}\n`;
  if (ready.readStates.length > 0) {
    const states = ready.readStates.map((state) => `{${state.index} [${state.requestContext.join(' ')}]}`);
    text += `ReadStates [${states.join(' ')}]\n`;
  }
  if (ready.entries.length > 0) text += `Entries:\n${describeEntries(ready.entries)}`;
  if (ready.snapshot !== undefined) text += `Snapshot ${describeSnapshot(ready.snapshot)}\n`;
  if (ready.committedEntries.length > 0) text += `CommittedEntries:\n${describeEntries(ready.committedEntries)}`;
  if (ready.messages.length > 0) {
    text += `Messages:\n${ready.messages.map((message) => `${describeMessage(message)}\n`).join('')}`;
  }
  return text === '' ? '<empty Ready>' : `Ready MustSync=${ready.mustSync}:\n${text}`;
}
