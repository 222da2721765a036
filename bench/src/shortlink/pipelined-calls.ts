// SPDX-License-Identifier: Apache-2.0

/** What this file needs of grpc-js's ClientDuplexStream. */
export interface MessageStream<Q, R> {
  write(request: Q): boolean;
  end(): void;
  cancel(): void;
  on(event: 'data', listener: (response: R) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
}

interface Waiting<R> {
  readonly resolve: (response: R) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Calls over one pipelined stream. Each client of a closed loop has at most one call under way, so that the number of
 * the client serves as the id of the request.
 */
export class PipelinedCalls<Q, R extends { readonly requestId: bigint }> {
  readonly #stream: MessageStream<Q, R>;
  readonly #waiting = new Map<bigint, Waiting<R>>();
  #ended: Error | undefined;

  constructor(stream: MessageStream<Q, R>) {
    this.#stream = stream;
    stream.on('data', (response) => {
      const waiting = this.#waiting.get(response.requestId);
      this.#waiting.delete(response.requestId);
      waiting?.resolve(response);
    });
    stream.on('error', (error) => this.#end(error));
    stream.on('end', () => this.#end(new Error('the server ended the stream')));
  }

  /** @param request carries `id`. */
  call(id: bigint, request: Q): Promise<R> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) {
        reject(this.#ended);
        return;
      }
      this.#waiting.set(id, { resolve, reject });
      this.#stream.write(request);
    });
  }

  close(): void {
    this.#stream.end();
    this.#stream.cancel();
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
  }
}

export interface Outcome {
  readonly case: string | undefined;
  readonly value?: unknown;
}

/** @throws Error when the answer is not of the wanted kind. */
export function expectOutcome(outcome: Outcome, wanted: string): void {
  if (outcome.case === wanted) return;
  const { value } = outcome;
  const detail = typeof value === 'object' && value !== null && 'kind' in value && 'message' in value;
  throw new Error(
    detail ? `${String(value.kind)}: ${String(value.message)}` : `answered with ${outcome.case ?? 'nothing'}`,
  );
}
