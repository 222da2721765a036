// SPDX-License-Identifier: Apache-2.0
import type { handleBidiStreamingCall, ServerDuplexStream } from '@grpc/grpc-js';
import { ServiceError } from '@shortlink/common/errors.ts';
import { countAnswer, publicError, timeLeftMs } from './call-context.ts';
import type { GrpcContext, OpenStream } from './call-context.ts';
import { statusOf } from './grpc-errors.ts';

/** The contract of a stream whose messages are answered in any order, each on its own. */
export interface PipelineMethod<Request extends { readonly requestId: bigint }, Outcome> {
  /** @throws ServiceError malformed: without its id a message cannot be answered, so this ends the stream. */
  readonly decode: (bytes: Buffer) => Request;
  readonly encode: (requestId: bigint, outcome: Outcome) => Buffer;
  readonly encodeError: (requestId: bigint, error: ServiceError) => Buffer;
  /** Starts the work, and has the exchange told of its end exactly once. What it throws is the answer, too. */
  readonly start: (request: Request, exchange: Exchange<Outcome>) => void;
}

/** One message and its answer. */
export interface Exchange<Outcome> {
  /** The client no longer wants the answer; what has not been started need not be. */
  readonly isCancelled: boolean;
  readonly timeoutMs: number;
  succeed(outcome: Outcome): void;
  fail(error: unknown): void;
}

export function pipelined<Request extends { readonly requestId: bigint }, Outcome>(
  context: GrpcContext,
  method: PipelineMethod<Request, Outcome>,
): handleBidiStreamingCall<Buffer, Buffer> {
  return (call) => {
    context.streams.add(new PipelineStream(context, call, method));
  };
}

/** Hands the end of the work to its exchange. */
export function settle<Outcome>(work: Promise<Outcome>, exchange: Exchange<Outcome>): void {
  work.then(
    (outcome) => exchange.succeed(outcome),
    (error: unknown) => exchange.fail(error),
  );
}

/** Services end in time by themselves; this is the last line against an answer that never comes. */
const overdueGraceMs = 1000;
const sweepIntervalMs = 1000;
/** Before the first answers are seen, each is taken for a large one, so that few are asked for at once. */
const firstAnswerGuessBytes = 512 * 1024;
/** The share of the newest answer in the guess. */
const guessShare = 1 / 8;
/** Reading goes on with some room, so that a full stream does not stop and start with each message. */
const resumeShare = 0.75;

class PipelineStream<Request extends { readonly requestId: bigint }, Outcome> implements OpenStream {
  readonly #context: GrpcContext;
  readonly #call: ServerDuplexStream<Buffer, Buffer>;
  readonly #method: PipelineMethod<Request, Outcome>;
  /** In the order of their arrival. */
  readonly #open = new Set<OpenExchange<Request, Outcome>>();
  #unsent = 0;
  /** Requests that wait with the expected sizes of their answers, and answers that the client has not taken. */
  #heldBytes = 0;
  #answerGuessBytes = firstAnswerGuessBytes;
  #paused = false;
  #ended = false;
  #draining = false;
  #closed = false;
  #sweeper: NodeJS.Timeout | undefined;

  constructor(
    context: GrpcContext,
    call: ServerDuplexStream<Buffer, Buffer>,
    method: PipelineMethod<Request, Outcome>,
  ) {
    this.#context = context;
    this.#call = call;
    this.#method = method;
    call.on('data', (bytes: Buffer) => this.#receive(bytes));
    call.on('end', () => {
      this.#ended = true;
      this.#proceed();
    });
    call.on('cancelled', () => this.#close());
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  drain(): void {
    this.#draining = true;
    this.#pause();
    this.#proceed();
  }

  #receive(bytes: Buffer): void {
    if (this.#closed) return;
    const context = this.#context;
    let exchange: OpenExchange<Request, Outcome> | undefined;
    try {
      const request = this.#method.decode(bytes);
      exchange = new OpenExchange(this, request.requestId, {
        startedMs: context.clock.monotonicMs(),
        timeoutMs: context.timeoutMs,
        heldBytes: bytes.length + this.#answerGuessBytes,
      });
      this.#open.add(exchange);
      this.#heldBytes += exchange.heldBytes;
      exchange.timeoutMs = timeLeftMs(context, this.#call);
      this.#method.start(request, exchange);
    } catch (error) {
      if (exchange === undefined) this.#abort(publicError(context, error));
      else exchange.fail(error);
    }
    this.#sweeper ??= setInterval(() => this.#sweep(), sweepIntervalMs);
    if (this.#isFull(1)) this.#pause();
  }

  /** Called once for each exchange. */
  settle(exchange: OpenExchange<Request, Outcome>, outcome: Outcome | undefined, error: unknown): void {
    if (this.#closed) return;
    this.#open.delete(exchange);
    this.#heldBytes -= exchange.heldBytes;
    let failure: ServiceError | undefined;
    let bytes: Buffer;
    if (outcome === undefined) {
      failure = publicError(this.#context, error);
      bytes = this.#method.encodeError(exchange.requestId, failure);
    } else {
      bytes = this.#method.encode(exchange.requestId, outcome);
    }
    countAnswer(this.#context, exchange.startedMs, failure);
    this.#send(bytes);
    if (this.#paused || this.#ended) this.#proceed();
  }

  #send(bytes: Buffer): void {
    const { length } = bytes;
    this.#answerGuessBytes += Math.round((length - this.#answerGuessBytes) * guessShare);
    this.#unsent++;
    this.#heldBytes += length;
    this.#call.write(bytes, () => {
      this.#unsent--;
      this.#heldBytes -= length;
      if (this.#paused) this.#proceed();
    });
  }

  /** `share` of what the stream may hold is in use. */
  #isFull(share: number): boolean {
    const { streamMaxMessages, streamMaxBytes } = this.#context.limits;
    return this.#open.size + this.#unsent >= streamMaxMessages * share || this.#heldBytes >= streamMaxBytes * share;
  }

  #pause(): void {
    this.#paused = true;
    this.#call.pause();
  }

  #proceed(): void {
    if (this.#closed) return;
    const isIdle = this.#open.size === 0;
    if (isIdle && this.#ended) {
      this.#close();
      this.#call.end();
    } else if (isIdle && this.#draining) {
      const message = 'the node is shutting down; go on with another one, with the same idempotency keys';
      this.#abort(new ServiceError('unavailable', message));
    } else if (this.#paused && !this.#draining && !this.#isFull(resumeShare)) {
      this.#paused = false;
      this.#call.resume();
    }
  }

  #sweep(): void {
    const nowMs = this.#context.clock.monotonicMs();
    for (const exchange of this.#open) {
      if (exchange.startedMs + exchange.timeoutMs + overdueGraceMs > nowMs) continue;
      exchange.fail(new ServiceError('timeout', 'the deadline passed; the outcome is unknown'));
    }
    if (this.#open.size === 0) this.#stopSweeping();
  }

  #stopSweeping(): void {
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }

  #abort(error: ServiceError): void {
    this.#close();
    this.#call.emit('error', statusOf(error));
  }

  #close(): void {
    this.#closed = true;
    this.#stopSweeping();
    this.#open.clear();
    this.#context.streams.delete(this);
  }
}

interface Started {
  readonly startedMs: number;
  readonly timeoutMs: number;
  readonly heldBytes: number;
}

class OpenExchange<Request extends { readonly requestId: bigint }, Outcome> implements Exchange<Outcome> {
  readonly #stream: PipelineStream<Request, Outcome>;
  readonly requestId: bigint;
  readonly startedMs: number;
  readonly heldBytes: number;
  timeoutMs: number;
  #settled = false;

  constructor(stream: PipelineStream<Request, Outcome>, requestId: bigint, started: Started) {
    this.#stream = stream;
    this.requestId = requestId;
    this.startedMs = started.startedMs;
    this.heldBytes = started.heldBytes;
    this.timeoutMs = started.timeoutMs;
  }

  get isCancelled(): boolean {
    return this.#stream.isClosed;
  }

  succeed(outcome: Outcome): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#stream.settle(this, outcome, undefined);
  }

  fail(error: unknown): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#stream.settle(this, undefined, error);
  }
}
