// SPDX-License-Identifier: Apache-2.0
import type { Io } from '@shortlink/common/cli/io.ts';

export interface Stop {
  readonly signal: AbortSignal;
  readonly requested: Promise<void>;
  /** Aborted by a second signal: whoever asks twice does not want to wait. */
  readonly force: AbortSignal;
}

/** Ctrl-C reaches the whole group of processes, and npx or make hands it on once more: that is still one request. */
const sameSignalMs = 1000;

export function stopSignal(io: Io): Stop {
  const first = new AbortController();
  const second = new AbortController();
  const requested = Promise.withResolvers<void>();
  let firstAtMs = 0;
  const onSignal = (): void => {
    if (!first.signal.aborted) {
      firstAtMs = performance.now();
      io.err('stopping the nodes; once more to kill them');
      first.abort();
      requested.resolve();
    } else if (performance.now() - firstAtMs >= sameSignalMs) {
      second.abort();
    }
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
  return { signal: first.signal, requested: requested.promise, force: second.signal };
}
