// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../ports/clock.ts';

/** The reason of an aborted signal as an Error. */
export function reasonOf(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  return reason instanceof Error ? reason : new Error(`aborted: ${String(reason)}`);
}

/** Resolves after `delayMs`; rejects with the signal's reason as soon as it is aborted. */
export async function sleep(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) throw reasonOf(signal);
  await new Promise<void>((resolve, reject) => {
    const onAbort = () => {
      cancel();
      reject(reasonOf(signal));
    };
    const cancel = clock.after(delayMs, () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

/** Waits for what cannot be told to stop. @returns false when `signal` was aborted first; leaves no listener behind. */
export async function isSettledBefore(signal: AbortSignal, awaited: Promise<unknown>): Promise<boolean> {
  const aborted = Promise.withResolvers<false>();
  const onAbort = () => aborted.resolve(false);
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([awaited.then(() => true), aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Runs with a signal that is aborted when either of the two is; leaves no listener behind on signals that live long. */
export async function withEither<T>(
  signals: readonly [AbortSignal, AbortSignal],
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const undo = signals.map((signal) => {
    const onAbort = () => controller.abort(reasonOf(signal));
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    return () => signal.removeEventListener('abort', onAbort);
  });
  try {
    return await run(controller.signal);
  } finally {
    for (const one of undo) one();
  }
}

/** A call took longer than it may. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
}

export interface Deadline {
  readonly timeoutMs: number;
  /** What takes too long, for the message. */
  readonly what: string;
}

/** Runs with a signal that is aborted when `parent` is, or with a DeadlineError after the time; waits for the end of `run`. */
export async function withDeadline<T>(
  clock: Clock,
  parent: AbortSignal,
  deadline: Deadline,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const onAbort = () => controller.abort(reasonOf(parent));
  if (parent.aborted) onAbort();
  else parent.addEventListener('abort', onAbort, { once: true });
  const cancel = clock.after(deadline.timeoutMs, () =>
    controller.abort(new DeadlineError(`${deadline.what} took longer than ${deadline.timeoutMs} ms`)),
  );
  try {
    return await run(controller.signal);
  } finally {
    cancel();
    parent.removeEventListener('abort', onAbort);
  }
}
