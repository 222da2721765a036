// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { Message, MessageType } from '../../core/raft/types.ts';
import type { PeerFrame } from '../../ports/peers.ts';
import { Outbox } from './outbox.ts';

const stamp = { clockMs: 1, mapEpoch: 1 };

function message(type: MessageType, commit: number): Message {
  return { type, from: 1, to: 2, commit } as Message;
}

function newOutbox() {
  const frames: { readonly to: string; readonly raft: readonly string[] }[] = [];
  let counted = 0;
  const send = (to: string, frame: PeerFrame): void => {
    frames.push({ to, raft: frame.raft.map(({ shard, message: one }) => `${shard} ${one.type} ${one.commit}`) });
  };
  const outbox = new Outbox({ send }, (count) => (counted += count));
  return { outbox, frames, counted: () => counted };
}

describe('commit notices', () => {
  it('wait until something else goes to their node, the newest of each shard', () => {
    const { outbox, frames, counted } = newOutbox();
    outbox.notice('a', { shard: 1, message: message('MsgApp', 5) });
    outbox.notice('a', { shard: 1, message: message('MsgApp', 6) });
    outbox.notice('a', { shard: 2, message: message('MsgApp', 9) });
    outbox.notice('b', { shard: 1, message: message('MsgApp', 6) });
    expect(outbox.send(stamp)).toBe(false);
    outbox.reply('a', { id: 1, status: 'ok', payload: new Uint8Array(0) });
    expect(outbox.send(stamp)).toBe(true);
    expect(frames).toEqual([{ to: 'a', raft: ['1 MsgApp 6', '2 MsgApp 9'] }]);
    expect(outbox.hasNotices).toBe(true);
    expect(counted()).toBe(2);
  });

  it('are left out when an append of their shard goes, which says as much', () => {
    const { outbox, frames } = newOutbox();
    outbox.notice('a', { shard: 1, message: message('MsgApp', 5) });
    outbox.raft('a', { shard: 1, message: message('MsgApp', 6) });
    expect(outbox.hasNotices).toBe(false);
    outbox.send(stamp);
    expect(frames).toEqual([{ to: 'a', raft: ['1 MsgApp 6'] }]);
  });

  it('stay beside other messages of their shard', () => {
    const { outbox, frames } = newOutbox();
    outbox.notice('a', { shard: 1, message: message('MsgApp', 5) });
    outbox.raft('a', { shard: 1, message: message('MsgReadIndexResp', 0) });
    outbox.send(stamp);
    expect(frames).toEqual([{ to: 'a', raft: ['1 MsgReadIndexResp 0', '1 MsgApp 5'] }]);
  });

  it('go by themselves once they are released', () => {
    const { outbox, frames } = newOutbox();
    outbox.notice('a', { shard: 1, message: message('MsgApp', 5) });
    outbox.release();
    expect(outbox.send(stamp)).toBe(true);
    expect(frames).toEqual([{ to: 'a', raft: ['1 MsgApp 5'] }]);
    expect(outbox.hasNotices).toBe(false);
    expect(outbox.send(stamp)).toBe(false);
  });
});
