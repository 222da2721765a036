// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import type { StreamEvents } from '../wire/grpc-stream.ts';
import { expectOutcome, PipelinedCalls } from './pipelined-calls.ts';

interface Message {
  readonly requestId: bigint;
  readonly text: string;
}

function fakeStream() {
  const written: Message[] = [];
  let events: StreamEvents<Message> | undefined;
  const calls = new PipelinedCalls<Message, Message>((given) => {
    events = given;
    return { write: (message) => written.push(message) };
  });
  return {
    calls,
    written,
    answer: (message: Message) => events?.onMessage(message),
    end: (reason: string) => events?.onEnd(new Error(reason)),
  };
}

const request = (id: number): Message => ({ requestId: BigInt(id), text: `request ${id}` });

describe('pipelined calls', () => {
  test('match answers that come in another order', async () => {
    const stream = fakeStream();
    const answers = [0, 1, 2].map((id) => stream.calls.call(BigInt(id), request(id)));
    for (const id of [2, 0, 1]) stream.answer({ requestId: BigInt(id), text: `answer ${id}` });
    expect((await Promise.all(answers)).map((answer) => answer.text)).toEqual(['answer 0', 'answer 1', 'answer 2']);
    expect(stream.written.map((message) => message.requestId)).toEqual([0n, 1n, 2n]);
  });

  test('fail, those under way and later ones, when the stream ends', async () => {
    const stream = fakeStream();
    const underWay = stream.calls.call(1n, request(1));
    stream.end('connection lost');
    await expect(underWay).rejects.toThrow('connection lost');
    await expect(stream.calls.call(2n, request(2))).rejects.toThrow('connection lost');
    expect(stream.written).toHaveLength(1);
  });

  test('say why an answer is not the wanted one', () => {
    expect(() => expectOutcome({ case: 'put', value: {} }, 'put')).not.toThrow();
    const error = { case: 'error', value: { kind: 'overloaded', message: 'too much to do' } };
    expect(() => expectOutcome(error, 'put')).toThrow('overloaded: too much to do');
    expect(() => expectOutcome({ case: undefined }, 'put')).toThrow('answered with nothing');
  });
});
