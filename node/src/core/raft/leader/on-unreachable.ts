// SPDX-License-Identifier: Apache-2.0

import { debugLevel } from '../logger.ts';
import { hex } from '../state.ts';
import type { Raft } from '../state.ts';
import { becomeProbe, describeProgress } from '../tracker/progress.ts';
import type { Progress } from '../tracker/progress.ts';
import type { Message } from '../types.ts';

/** A message was probably lost: what was sent ahead of acknowledgements must be probed again. */
export function onUnreachable(raft: Raft, message: Message, progress: Progress): void {
  if (progress.state === 'replicate') becomeProbe(progress);
  if (raft.logger.level <= debugLevel) {
    const what = `failed to send message to ${hex(message.from)} because it is unreachable`;
    raft.logger.log(debugLevel, `${hex(raft.id)} ${what} [${describeProgress(progress)}]`);
  }
}
