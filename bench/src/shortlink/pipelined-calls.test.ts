// SPDX-License-Identifier: Apache-2.0
import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import { expectOutcome, PipelinedCalls } from './pipelined-calls.ts';

interface Message {
  readonly requestId: bigint;
  readonly text: string;
}

class FakeStream extends EventEmitter {
  readonly written: Message[] = [];
  write(message: Message): boolean {
    this.written.push(message);
    return true;
  }
  end(): void {}
  cancel(): void {}
}

const request = (id: number): Message => ({ requestId: BigInt(id), text: `request ${id}` });

describe('pipelined calls', () => {
  test('match answers that come in another order', async () => {
    const stream = new FakeStream();
    const calls = new PipelinedCalls<Message, Message>(stream);
    const answers = [0, 1, 2].map((id) => calls.call(BigInt(id), request(id)));
    for (const id of [2, 0, 1]) stream.emit('data', { requestId: BigInt(id), text: `answer ${id}` });
    expect((await Promise.all(answers)).map((answer) => answer.text)).toEqual(['answer 0', 'answer 1', 'answer 2']);
    expect(stream.written.map((message) => message.requestId)).toEqual([0n, 1n, 2n]);
  });

  test('fail, those under way and later ones, when the stream ends', async () => {
    const stream = new FakeStream();
    const calls = new PipelinedCalls<Message, Message>(stream);
    const underWay = calls.call(1n, request(1));
    stream.emit('error', new Error('connection lost'));
    await expect(underWay).rejects.toThrow('connection lost');
    await expect(calls.call(2n, request(2))).rejects.toThrow('connection lost');
    expect(stream.written).toHaveLength(1);
  });

  test('say why an answer is not the wanted one', () => {
    expect(() => expectOutcome({ case: 'put', value: {} }, 'put')).not.toThrow();
    const error = { case: 'error', value: { kind: 'overloaded', message: 'too much to do' } };
    expect(() => expectOutcome(error, 'put')).toThrow('overloaded: too much to do');
    expect(() => expectOutcome({ case: undefined }, 'put')).toThrow('answered with nothing');
  });
});
