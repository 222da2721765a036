// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { status } from '@grpc/grpc-js';
import type {
  handleBidiStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  ServerDuplexStream,
} from '@grpc/grpc-js';
import { ServiceError } from '@shortlink/common/errors.ts';
import type { Scope } from '../auth.ts';
import { withDeadline } from '../deadline.ts';
import { authorize, countAnswer, timeLeftMs } from './call-context.ts';
import type { GrpcContext, OpenStream } from './call-context.ts';
import { asPublicError, statusOf } from './grpc-errors.ts';

/** Messages of one stream that wait for their answers; further ones stay unread. */
const pipelineMax = 1024;

/** A call with one answer. */
export function unary<I, O>(
  context: GrpcContext,
  scope: Scope,
  run: (request: I, timeoutMs: number) => Promise<O>,
): handleUnaryCall<I, O> {
  return (call, done) => {
    const startMs = performance.now();
    const work = async (): Promise<O> => {
      authorize(context, call, scope);
      const timeoutMs = timeLeftMs(context, call);
      return withDeadline(run(call.request, timeoutMs), timeoutMs);
    };
    work().then(
      (reply) => {
        countAnswer(context, startMs, undefined);
        done(null, reply);
      },
      (error: unknown) => {
        const failure = publicError(context, error);
        countAnswer(context, startMs, failure);
        done(statusOf(failure));
      },
    );
  };
}

/** A call with many answers, as fast as the client takes them. */
export function serverStream<I, O>(
  context: GrpcContext,
  scope: Scope,
  run: (request: I, timeoutMs: number) => AsyncIterable<O>,
): handleServerStreamingCall<I, O> {
  return (call) => {
    const startMs = performance.now();
    const work = async (): Promise<void> => {
      authorize(context, call, scope);
      for await (const reply of run(call.request, timeLeftMs(context, call))) {
        if (call.cancelled) return;
        if (!call.write(reply)) await Promise.race([once(call, 'drain'), once(call, 'cancelled')]);
      }
      call.end();
    };
    work().then(
      () => countAnswer(context, startMs, undefined),
      (error: unknown) => {
        const failure = publicError(context, error);
        countAnswer(context, startMs, failure);
        call.emit('error', statusOf(failure));
      },
    );
  };
}

export interface Pipeline<I, O> {
  readonly answer: (request: I, timeoutMs: number) => Promise<O>;
  /** The message that tells the client of a failed request. */
  readonly failed: (request: I, error: ServiceError) => O;
}

/** Messages are answered in any order, each on its own; only a defect of the stream itself ends the stream. */
export function pipelined<I, O>(
  context: GrpcContext,
  scope: Scope,
  pipeline: Pipeline<I, O>,
): handleBidiStreamingCall<I, O> {
  return (call) => {
    try {
      authorize(context, call, scope);
    } catch (error) {
      call.emit('error', statusOf(publicError(context, error)));
      return;
    }
    runPipeline(context, call, pipeline);
  };
}

function runPipeline<I, O>(context: GrpcContext, call: ServerDuplexStream<I, O>, pipeline: Pipeline<I, O>): void {
  let open = 0;
  let ended = false;
  let draining = false;
  let closed = false;
  let blocked = false;
  const stream: OpenStream = {
    drain: () => {
      draining = true;
      call.pause();
      proceed();
    },
  };
  const close = (): void => {
    closed = true;
    context.streams.delete(stream);
  };
  const proceed = (): void => {
    if (closed) return;
    if (open === 0 && draining) {
      close();
      call.emit('error', {
        code: status.UNAVAILABLE,
        details: 'the node is shutting down; what was not answered was not started',
      });
    } else if (open === 0 && ended) {
      close();
      call.end();
    } else if (!draining && !blocked && open < pipelineMax) {
      call.resume();
    }
  };
  const send = (reply: O): void => {
    open--;
    if (closed) return;
    if (!call.write(reply)) {
      blocked = true;
      call.pause();
    }
    proceed();
  };
  context.streams.add(stream);
  call.on('data', (request: I) => {
    const startMs = performance.now();
    open++;
    if (open >= pipelineMax) call.pause();
    answerOne(context, call, { request, pipeline }).then(({ reply, failure }) => {
      countAnswer(context, startMs, failure);
      send(reply);
    }, context.onError);
  });
  call.on('drain', () => {
    blocked = false;
    proceed();
  });
  call.on('end', () => {
    ended = true;
    proceed();
  });
  call.on('cancelled', close);
  call.on('error', close);
}

interface One<I, O> {
  readonly request: I;
  readonly pipeline: Pipeline<I, O>;
}

async function answerOne<I, O>(context: GrpcContext, call: ServerDuplexStream<I, O>, { request, pipeline }: One<I, O>) {
  try {
    const timeoutMs = timeLeftMs(context, call);
    return { reply: await withDeadline(pipeline.answer(request, timeoutMs), timeoutMs), failure: undefined };
  } catch (error) {
    const failure = publicError(context, error);
    return { reply: pipeline.failed(request, failure), failure };
  }
}

function publicError(context: GrpcContext, error: unknown): ServiceError {
  if (!(error instanceof ServiceError)) context.onError(error);
  return asPublicError(error);
}
