// SPDX-License-Identifier: Apache-2.0
import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import type { handleServerStreamingCall, handleUnaryCall, ServerWritableStream } from '@grpc/grpc-js';
import { withDeadline } from '../deadline.ts';
import { countAnswer, publicError, timeLeftMs } from './call-context.ts';
import type { GrpcContext } from './call-context.ts';
import { statusOf } from './grpc-errors.ts';
import { decodeMessage, encodeMessage } from './raw-service.ts';

interface Method<I extends DescMessage, O extends DescMessage> {
  readonly input: I;
  readonly output: O;
}

/** A call with one answer. `run` is not started for a call that was cancelled or is late. */
export function unary<I extends DescMessage, O extends DescMessage>(
  context: GrpcContext,
  { input, output }: Method<I, O>,
  run: (request: MessageShape<I>, timeoutMs: number) => Promise<MessageShape<O>>,
): handleUnaryCall<Buffer, Buffer> {
  return (call, done) => {
    if (call.cancelled) return;
    const startedMs = context.clock.monotonicMs();
    const work = async (): Promise<Buffer> => {
      const timeoutMs = timeLeftMs(context, call);
      return encodeMessage(output, await withDeadline(run(decodeMessage(input, call.request), timeoutMs), timeoutMs));
    };
    work().then(
      (reply) => {
        countAnswer(context, startedMs, undefined);
        done(null, reply);
      },
      (error: unknown) => {
        const failure = publicError(context, error);
        countAnswer(context, startedMs, failure);
        done(statusOf(failure));
      },
    );
  };
}

/** A call with many answers, made as fast as the client takes them. */
export function serverStream<I extends DescMessage, O extends DescMessage>(
  context: GrpcContext,
  { input, output }: Method<I, O>,
  run: (request: MessageShape<I>, timeoutMs: number) => AsyncIterable<MessageShape<O>>,
): handleServerStreamingCall<Buffer, Buffer> {
  return (call) => {
    const startedMs = context.clock.monotonicMs();
    const work = async (): Promise<void> => {
      for await (const reply of run(decodeMessage(input, call.request), timeLeftMs(context, call))) {
        if (!call.cancelled && !call.write(encodeMessage(output, reply))) await writable(call);
        if (call.cancelled) return;
      }
      call.end();
    };
    work().then(
      () => countAnswer(context, startedMs, undefined),
      (error: unknown) => {
        const failure = publicError(context, error);
        countAnswer(context, startedMs, failure);
        call.emit('error', statusOf(failure));
      },
    );
  };
}

/** Resolves when the client has taken what was written, or is gone. */
async function writable(call: ServerWritableStream<Buffer, Buffer>): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      call.removeListener('drain', done);
      call.removeListener('cancelled', done);
      resolve();
    };
    call.once('drain', done);
    call.once('cancelled', done);
  });
}
