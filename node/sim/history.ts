// SPDX-License-Identifier: Apache-2.0
import type { World } from './world.ts';

/** What a client asked of one key. Values are unique in a run, so that a read names the write it saw. */
export type OperationInput =
  | { readonly f: 'get'; readonly key: string }
  | { readonly f: 'delete'; readonly key: string }
  /** Links only: there must be none under the key, dead or alive. */
  | { readonly f: 'create'; readonly key: string; readonly value: string }
  /** Links only: there must be a live one under the key. */
  | { readonly f: 'update'; readonly key: string; readonly value: string }
  | { readonly f: 'put'; readonly key: string; readonly value: string }
  /** `from` null: the key must be absent. */
  | { readonly f: 'cas'; readonly key: string; readonly from: string | null; readonly to: string };

export interface OperationOutput {
  readonly result: 'ok' | 'conflict' | 'absent' | 'gone';
  readonly value?: string | undefined;
}

export type HistoryKind = 'link' | 'kv';

export interface RecordedOperation {
  readonly kind: HistoryKind;
  readonly process: number;
  readonly input: OperationInput;
  /** Position among all calls and returns of the history. */
  readonly calledAt: number;
  returnedAt: number | undefined;
  /** Undefined while the outcome is unknown. */
  output: OperationOutput | undefined;
}

interface Event {
  readonly type: 'invoke' | 'ok' | 'info';
  readonly operation: RecordedOperation;
  readonly timeUs: number;
}

/** Everything that clients did and were told, in the order of its happening. */
export class History {
  readonly operations: RecordedOperation[] = [];
  readonly #world: World;
  readonly #events: Event[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  call(kind: HistoryKind, process: number, input: OperationInput): RecordedOperation {
    const operation: RecordedOperation = {
      kind,
      process,
      input,
      calledAt: this.#events.length,
      returnedAt: undefined,
      output: undefined,
    };
    this.operations.push(operation);
    this.#record('invoke', operation);
    return operation;
  }

  answer(operation: RecordedOperation, output: OperationOutput): void {
    operation.output = output;
    operation.returnedAt = this.#events.length;
    this.#record('ok', operation);
  }

  /** Nobody knows whether it happened, or will. */
  giveUp(operation: RecordedOperation): void {
    this.#record('info', operation);
  }

  /** The links' or the keys' part in the format of recorded histories (`npm run conformance:histories`). */
  toJsonl(kind: HistoryKind): string {
    const lines = [JSON.stringify({ history: kind, version: 1 })];
    for (const { type, operation, timeUs } of this.#events) {
      if (operation.kind !== kind) continue;
      const { process, input, output } = operation;
      const op = type === 'invoke' ? input : type === 'ok' ? { f: input.f, key: input.key, ...output } : undefined;
      lines.push(JSON.stringify({ process, type, op, time: timeUs }));
    }
    return `${lines.join('\n')}\n`;
  }

  #record(type: Event['type'], operation: RecordedOperation): void {
    this.#events.push({ type, operation, timeUs: this.#world.nowUs });
    const { process, input, output } = operation;
    const what = type === 'invoke' ? JSON.stringify(input) : type === 'ok' ? JSON.stringify(output) : '';
    this.#world.note(type, `${process} ${input.f} ${input.key} ${what}`);
  }
}
