// SPDX-License-Identifier: Apache-2.0
import type { Io } from '@shortlink/common/cli/io.ts';

const pollMs = 500;

/**
 * Ends this process, in order, when what launched it is gone. npx runs a program below a shell, and that shell dies of
 * the SIGTERM that npx hands on without telling the program; and a node must not outlive the `dev` that started it,
 * whatever ended that. Who starts the program by itself may leave it alone as usual.
 */
export function endWithLauncher(io: Io): void {
  const end = (): void => {
    process.kill(process.pid, 'SIGTERM');
  };
  if (process.channel !== undefined) {
    process.once('disconnect', end);
    process.channel?.unref();
  } else if (io.env['npm_command'] === 'exec') {
    const parent = process.ppid;
    const timer = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(timer);
      end();
    }, pollMs);
    timer.unref();
  }
}
