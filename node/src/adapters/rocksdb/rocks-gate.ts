// SPDX-License-Identifier: Apache-2.0
import { InvariantError } from '@shortlink/common/assert.ts';
import { StoreFailedError } from '../../ports/kv-engine.ts';

const stateWord = 0;
const activeWord = 1;

const gateState = { open: 0, failed: 1, closed: 2 } as const;

/**
 * The state of a store, shared by every thread that uses it. A call into a closed database is a use after free, which
 * crashes the process, so every call enters the gate, and the owner closes only when nobody is inside.
 */
export class RocksGate {
  readonly words: Int32Array<SharedArrayBuffer>;

  constructor(words: Int32Array<SharedArrayBuffer> = new Int32Array(new SharedArrayBuffer(8))) {
    this.words = words;
  }

  /** @throws StoreFailedError when the store has failed or is closed. Each successful call needs a `leave`. */
  enter(): void {
    Atomics.add(this.words, activeWord, 1);
    const state = Atomics.load(this.words, stateWord);
    if (state === gateState.open) return;
    this.leave();
    throw new StoreFailedError(
      state === gateState.failed ? 'the store has failed before; the process must end' : 'the store is closed',
    );
  }

  /** For releasing what a thread holds, which a failed store still allows. False when the store is closed, which has released it. */
  enterToRelease(): boolean {
    Atomics.add(this.words, activeWord, 1);
    if (Atomics.load(this.words, stateWord) !== gateState.closed) return true;
    this.leave();
    return false;
  }

  leave(): void {
    Atomics.sub(this.words, activeWord, 1);
  }

  /** From now on nobody enters, on any thread. */
  fail(): void {
    Atomics.compareExchange(this.words, stateWord, gateState.open, gateState.failed);
  }

  /** False when it was closed already. */
  close(): boolean {
    return Atomics.exchange(this.words, stateWord, gateState.closed) !== gateState.closed;
  }

  /** Resolves once nobody is inside. @throws InvariantError after `timeoutMs`: a thread was ended inside a call. */
  async drained(timeoutMs: number): Promise<void> {
    const pollMs = 1;
    for (let waitedMs = 0; waitedMs < timeoutMs; waitedMs += pollMs) {
      if (Atomics.load(this.words, activeWord) === 0) return;
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
    throw new InvariantError(`${Atomics.load(this.words, activeWord)} calls still use the store that is to close`);
  }
}
