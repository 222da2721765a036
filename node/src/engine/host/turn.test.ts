// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import type { Message } from '../../core/raft/types.ts';
import { emptyConfState } from '../../core/statemachine/shard-state.ts';
import type { Replica } from './replica.ts';
import { turn } from './turn.ts';
import { newTurnWork } from './turn-work.ts';
import type { TurnWork } from './turn-work.ts';

const self = 1;
const replica = { key: { shard: 1, replicaId: self } } as Replica;

async function orderOf(work: TurnWork): Promise<string[]> {
  const order: string[] = [];
  await turn({
    step: () => ({ active: [], work }),
    sendEarly: () => void order.push('sendEarly'),
    persist: () => order.push('persist'),
    sendDurable: () => order.push('sendDurable'),
    apply: () => order.push('apply'),
    answer: () => order.push('answer'),
  });
  return order;
}

function appending(message: Partial<Message>): TurnWork {
  const work = newTurnWork();
  work.appends.push({ replica, message: { type: 'MsgStorageAppend', to: 0, from: self, ...message } as Message });
  return work;
}

function responseTo(to: number): Message {
  return { type: 'MsgAppResp', from: self, to } as Message;
}

const persistFirst = ['sendEarly', 'persist', 'sendDurable', 'apply', 'answer'];
const persistLast = ['sendEarly', 'apply', 'answer', 'persist', 'sendDurable'];

it('persists first when another replica waits for the promise', async () => {
  expect(await orderOf(appending({ responses: [responseTo(self), responseTo(2)] }))).toEqual(persistFirst);
});

it('persists first when what is applied comes with the batch', async () => {
  const snapshot = { metadata: { index: 5, term: 1, confState: emptyConfState }, data: new Uint8Array(0) };
  expect(await orderOf(appending({ snapshot }))).toEqual(persistFirst);
});

it('answers what a quorum has made durable before a leader’s own fsync of what follows', async () => {
  expect(await orderOf(appending({ responses: [responseTo(self)] }))).toEqual(persistLast);
  expect(await orderOf(newTurnWork())).toEqual(persistLast);
});
