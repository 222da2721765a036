// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import type { Message } from '../../core/raft/types.ts';
import { Acknowledgements } from './acknowledgements.ts';

function response(index: number, more: Partial<Message> = {}): Message {
  return { type: 'MsgAppResp', from: 2, to: 1, term: 3, index, reject: false, ...more } as Message;
}

it('leaves out what was said since the last tick, and says it again afterwards', () => {
  const acknowledgements = new Acknowledgements();
  expect(acknowledgements.admit(response(7))).toBe(true);
  expect(acknowledgements.admit(response(7))).toBe(false);
  expect(acknowledgements.admit(response(6))).toBe(false);
  expect(acknowledgements.admit(response(8))).toBe(true);
  acknowledgements.tick();
  expect(acknowledgements.admit(response(8))).toBe(true);
});

it('leaves out nothing that says more: another leader or term, a rejection, another kind of message', () => {
  const acknowledgements = new Acknowledgements();
  expect(acknowledgements.admit(response(7))).toBe(true);
  expect(acknowledgements.admit(response(7, { reject: true }))).toBe(true);
  expect(acknowledgements.admit(response(7, { type: 'MsgHeartbeatResp' }))).toBe(true);
  expect(acknowledgements.admit(response(7, { to: 4 }))).toBe(true);
  expect(acknowledgements.admit(response(7, { to: 4, term: 4 }))).toBe(true);
  expect(acknowledgements.admit(response(7))).toBe(true);
});
