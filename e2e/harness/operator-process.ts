// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface OperatorProcess extends AsyncDisposable {
  /** Of its /metrics, without the path. */
  readonly ops: string;
}

/** The operator with one cluster over the API double, in a process of its own. */
export async function startOperator(): Promise<OperatorProcess> {
  const child = spawn(
    process.execPath,
    [fileURLToPath(import.meta.resolve('../../operator/testing/metrics-process.ts'))],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const lines = createInterface({ input: child.stdout });
  const ended = once(child, 'exit');
  const first = await Promise.race([once(lines, 'line'), ended.then(() => undefined)]);
  if (first === undefined) throw new Error('the operator ended at its start');
  return {
    ops: String(first[0]),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
