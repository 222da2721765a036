// SPDX-License-Identifier: Apache-2.0
import type { HistoryKind, OperationInput, OperationOutput, RecordedOperation } from '../history.ts';
import type { Violations } from './violations.ts';

/** The state of one key: absent, a value, or dead for ever (links only). */
type KeyState = string | null;
/** No value of a workload. */
const dead = '';

/** Configurations that the search looks at before it gives a key up. */
const maxSteps = 2_000_000;

/** Judges each key of a history by itself (Wing & Gong with Lowe's memory); the histories of keys are kept short. */
export function checkLinearizability(operations: readonly RecordedOperation[], violations: Violations): void {
  const byKey = Map.groupBy(operations, ({ kind, input }) => `${kind} ${input.key}`);
  for (const [key, ofKey] of byKey) {
    const verdict = judgeKey(ofKey);
    if (verdict === 'linearizable') continue;
    const lines = ofKey.map(describe).join('\n  ');
    violations.add(
      verdict === 'undecided' ? 'linearizability undecided' : 'linearizability',
      `no order of these explains the answers of ${key}:\n  ${lines}`,
    );
  }
}

/** @internal exported for its test. */
export function judgeKey(all: readonly RecordedOperation[]): 'linearizable' | 'impossible' | 'undecided' {
  // A read without an answer explains nothing.
  const operations = all.filter(({ input, output }) => output !== undefined || input.f !== 'get');
  operations.sort((a, b) => a.calledAt - b.calledAt);
  const search = new Search(operations);
  const found = search.explore(null);
  return found ? 'linearizable' : search.isExhausted ? 'undecided' : 'impossible';
}

class Search {
  isExhausted = false;
  readonly #operations: readonly RecordedOperation[];
  readonly #taken: boolean[];
  readonly #seen = new Set<string>();
  #open: number;
  #steps = 0;

  constructor(operations: readonly RecordedOperation[]) {
    this.#operations = operations;
    this.#taken = operations.map(() => false);
    this.#open = operations.filter(({ output }) => output !== undefined).length;
  }

  /** Depth-first: as deep as a key has operations. */
  explore(state: KeyState): boolean {
    if (this.#open === 0) return true;
    if (++this.#steps > maxSteps) this.isExhausted = true;
    if (this.isExhausted || !this.#isNew(state)) return false;
    const deadline = this.#firstReturn();
    for (const [i, operation] of this.#operations.entries()) {
      if (operation.calledAt > deadline) break;
      if (this.#taken[i] === true) continue;
      const next = step(state, operation);
      if (next === undefined) continue;
      const isAnswered = operation.output !== undefined;
      // Used up for nothing, an operation without an answer could as well be left for later.
      if (!isAnswered && next === state) continue;
      this.#taken[i] = true;
      if (isAnswered) this.#open--;
      if (this.explore(next)) return true;
      this.#taken[i] = false;
      if (isAnswered) this.#open++;
      // An answer that fits and changes nothing need not be tried at a later place.
      if (isAnswered && next === state) return false;
    }
    return false;
  }

  #firstReturn(): number {
    let first = Number.POSITIVE_INFINITY;
    for (const [i, { returnedAt }] of this.#operations.entries()) {
      if (this.#taken[i] === false && returnedAt !== undefined && returnedAt < first) first = returnedAt;
    }
    return first;
  }

  #isNew(state: KeyState): boolean {
    const name = `${this.#taken.map(Number).join('')} ${String(state)}`;
    if (this.#seen.has(name)) return false;
    this.#seen.add(name);
    return true;
  }
}

/** The state afterwards; undefined when the operation cannot have been answered like this. No answer: every effect is possible. */
function step(state: KeyState, { kind, input, output }: RecordedOperation): KeyState | undefined {
  const { result, next } = effectOf(state, kind, input);
  if (output !== undefined && output.result !== result) return undefined;
  if (input.f === 'get' && result === 'ok' && output?.value !== state) return undefined;
  return next;
}

interface Effect {
  readonly result: OperationOutput['result'];
  readonly next: KeyState;
}

/** The sequential specification of links and of keys. */
function effectOf(state: KeyState, kind: HistoryKind, input: OperationInput): Effect {
  const missing = state === null ? 'absent' : state === dead ? 'gone' : undefined;
  switch (input.f) {
    case 'get':
      return { result: missing ?? 'ok', next: state };
    case 'create':
      return state === null ? { result: 'ok', next: input.value } : { result: 'conflict', next: state };
    case 'update':
      return missing === undefined ? { result: 'ok', next: input.value } : { result: missing, next: state };
    case 'delete':
      return missing === undefined
        ? { result: 'ok', next: kind === 'link' ? dead : null }
        : { result: missing, next: state };
    case 'put':
      return { result: 'ok', next: input.value };
    case 'cas':
      return state === input.from ? { result: 'ok', next: input.to } : { result: 'conflict', next: state };
  }
}

function describe({ process, input, output, calledAt, returnedAt }: RecordedOperation): string {
  return `${calledAt}..${returnedAt ?? '?'} client ${process} ${JSON.stringify(input)} ${output === undefined ? 'no answer' : JSON.stringify(output)}`;
}
