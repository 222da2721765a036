// SPDX-License-Identifier: Apache-2.0

import type { StreamEvents } from '../wire/grpc-stream.ts';

interface Waiting<R> {
  readonly resolve: (response: R) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Calls over one pipelined stream. Each client of a closed loop has at most one call under way, so that the number of
 * the client serves as the id of the request.
 */
export class PipelinedCalls<Q, R extends { readonly requestId: bigint }> {
  readonly #stream: { readonly write: (request: Q) => void };
  readonly #waiting = new Map<bigint, Waiting<R>>();
  #ended: Error | undefined;

  constructor(open: (events: StreamEvents<R>) => { readonly write: (request: Q) => void }) {
    this.#stream = open({
      onMessage: (response) => {
        const waiting = this.#waiting.get(response.requestId);
        this.#waiting.delete(response.requestId);
        waiting?.resolve(response);
      },
      onEnd: (reason) => {
        this.#ended ??= reason;
        for (const { reject } of this.#waiting.values()) reject(this.#ended);
        this.#waiting.clear();
      },
    });
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
