// SPDX-License-Identifier: Apache-2.0

/**
 * One event of a recorded history, in the order in which the recorder saw them.
 * `ok` is an answer, refusals included; `fail` says that the operation certainly had no effect; `info` that nobody knows:
 * it may take effect at any time after its invocation, or never.
 */
export type HistoryEvent<Input, Output> =
  | { readonly process: number; readonly type: 'invoke'; readonly input: Input; readonly time?: number | undefined }
  | { readonly process: number; readonly type: 'ok'; readonly output: Output; readonly time?: number | undefined }
  | { readonly process: number; readonly type: 'fail' | 'info'; readonly time?: number | undefined };

/** An invocation with what became of it. Positions are indexes into the history's events. */
export interface Operation<Input, Output> {
  readonly process: number;
  readonly input: Input;
  /** Undefined while the outcome is unknown. */
  readonly output: Output | undefined;
  readonly calledAt: number;
  /** Undefined while the outcome is unknown: the operation stays open to the end of the history. */
  readonly returnedAt: number | undefined;
}

export type Pairing<Input, Output> =
  | { readonly kind: 'paired'; readonly operations: readonly Operation<Input, Output>[] }
  | { readonly kind: 'malformed'; readonly message: string };

interface OpenCall<Input> {
  readonly input: Input;
  readonly calledAt: number;
}

/**
 * Joins each invocation with its completion, in the order of invocation. Failed operations are left out.
 * A process has one operation at a time; it may go on after an `info`, which leaves that operation open for good.
 */
export function pairOperations<Input, Output>(events: readonly HistoryEvent<Input, Output>[]): Pairing<Input, Output> {
  const operations: Operation<Input, Output>[] = [];
  const openCalls = new Map<number, OpenCall<Input>>();
  for (const [position, event] of events.entries()) {
    const { process } = event;
    const call = openCalls.get(process);
    if (event.type === 'invoke') {
      if (call !== undefined) return malformed(position, `process ${process} invokes before its last call has ended`);
      openCalls.set(process, { input: event.input, calledAt: position });
      continue;
    }
    if (call === undefined) return malformed(position, `process ${process} ends a call that it has not made`);
    openCalls.delete(process);
    if (event.type === 'info') operations.push(unknown(process, call));
    if (event.type === 'ok') operations.push({ process, ...call, output: event.output, returnedAt: position });
  }
  for (const [process, call] of openCalls) operations.push(unknown(process, call));
  operations.sort((a, b) => a.calledAt - b.calledAt);
  return { kind: 'paired', operations };
}

function unknown<Input, Output>(process: number, call: OpenCall<Input>): Operation<Input, Output> {
  return { process, ...call, output: undefined, returnedAt: undefined };
}

function malformed(position: number, message: string): { readonly kind: 'malformed'; readonly message: string } {
  return { kind: 'malformed', message: `event ${position + 1}: ${message}` };
}
