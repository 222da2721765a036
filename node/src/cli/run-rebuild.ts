// SPDX-License-Identifier: Apache-2.0
import type { RebuildRequest } from '../cluster-rebuild.ts';
import type { RebuildReport } from '../engine/rebuild/rebuild-cluster.ts';
import { RebuildError } from '../engine/rebuild/rebuild-context.ts';
import { ObjectStoreError } from '../ports/object-store.ts';
import { CliError } from '@shortlink/common/cli/exit-codes.ts';
import { clearProgress, showProgress, type Io } from '@shortlink/common/cli/io.ts';

/** Makes the volumes, shows how far it is, and says what was left out. @throws CliError */
export async function runRebuild(request: Omit<RebuildRequest, 'onProgress'>, io: Io): Promise<RebuildReport> {
  const { rebuildClusterAt } = await import('../cluster-rebuild.ts');
  try {
    const onProgress = (what: string, done: number, total: number): void => showProgress(io, what, done, total);
    return await rebuildClusterAt({ ...request, onProgress });
  } catch (error) {
    if (error instanceof RebuildError) throw new CliError('failed', error.message, { cause: error });
    if (error instanceof ObjectStoreError)
      throw new CliError(error.retryable ? 'unavailable' : 'failed', error.message, { cause: error });
    throw error;
  } finally {
    clearProgress(io);
  }
}

/** On standard error: people should know it beside the result. */
export function sayProblems({ problems, damaged }: RebuildReport, io: Io): void {
  for (const problem of problems) io.err(`shortlink: ${problem}`);
  for (const { name, problem } of damaged) io.err(`shortlink: left out: ${name}: ${problem}`);
}
