// SPDX-License-Identifier: Apache-2.0

import { debugLevel } from '../logger.ts';
import { hex } from '../state.ts';
import type { Raft } from '../state.ts';
import { becomeProbe, describeProgress } from '../tracker/progress.ts';
import type { Progress } from '../tracker/progress.ts';
import type { Message } from '../types.ts';

/** The driver reports how the transfer of a snapshot ended. */
export function onSnapStatus(raft: Raft, message: Message, progress: Progress): void {
  if (progress.state !== 'snapshot') return;
  // After a failure probing must not start above a snapshot that was never applied.
  if (message.reject) progress.pendingSnapshot = 0;
  becomeProbe(progress);
  if (raft.logger.level <= debugLevel) {
    const outcome = message.reject ? 'failed' : 'succeeded';
    const what = `snapshot ${outcome}, resumed sending replication messages to ${hex(message.from)}`;
    raft.logger.log(debugLevel, `${hex(raft.id)} ${what} [${describeProgress(progress)}]`);
  }
  // Wait for the acknowledgement of the snapshot, or at least for a heartbeat interval.
  progress.appFlowPaused = true;
}
