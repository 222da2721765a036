// SPDX-License-Identifier: Apache-2.0

import type { ConfChangeSingle } from '../conf-change.ts';
import { enterJoint, leaveJoint, simpleChange } from '../confchange/changer.ts';
import type { ChangedConfig, ConfigBase, ConfigError } from '../confchange/changer.ts';
import { describeProgress } from '../tracker/progress.ts';
import { describeConfig, emptyConfig } from '../tracker/tracker.ts';
import { noLimit } from '../types.ts';
import { parseChanges } from './changes.ts';
import { boolean } from './script.ts';
import type { Block } from './script.ts';

function change(base: ConfigBase, block: Block, changes: readonly ConfChangeSingle[]): ChangedConfig | ConfigError {
  switch (block.command) {
    case 'simple':
      return simpleChange(base, changes);
    case 'enter-joint': {
      const autoLeave = block.args.find((arg) => arg.key === 'autoleave')?.values[0] ?? 'false';
      return enterJoint(base, boolean(autoLeave, 'autoleave'), changes);
    }
    case 'leave-joint':
      return changes.length > 0 ? { error: 'this command takes no input' } : leaveJoint(base);
    default:
      return { error: 'unknown command' };
  }
}

/** Scripts about configuration changes: one configuration, changed from command to command. */
export function newConfChangeScript(): (block: Block) => string {
  let base: ConfigBase = {
    config: emptyConfig,
    progress: new Map(),
    lastIndex: 0,
    maxInflightMsgs: 10,
    maxInflightBytes: noLimit,
  };
  return (block) => {
    const before = base;
    base = { ...base, lastIndex: base.lastIndex + 1 };
    const changes = parseChanges(block.input);
    if (typeof changes === 'string') return changes;
    const changed = change(before, block, changes);
    if ('error' in changed) return `${changed.error}\n`;
    base = { ...base, ...changed };
    const members = [...changed.progress.values()].map((member) => `${member.id}: ${describeProgress(member)}\n`);
    return `${describeConfig(changed.config)}\n${members.join('')}`;
  };
}
