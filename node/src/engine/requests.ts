// SPDX-License-Identifier: Apache-2.0
import type { ForwardStatus } from '../ports/peers.ts';

/** The end of a request: exactly one answer, on the engine's thread. */
export type Answer = (status: ForwardStatus, payload: Uint8Array) => void;

export interface WriteRequest {
  readonly payload: Uint8Array;
  readonly deadlineMs: number;
  readonly answer: Answer;
}

const encoder = new TextEncoder();

export function explain(message: string): Uint8Array {
  return encoder.encode(message);
}
