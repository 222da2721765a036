// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { summarize, type CpuProfile } from './cpu-profile.ts';

const frame = (functionName: string, url = '', lineNumber = 0) => ({ functionName, url, lineNumber });
const profile: CpuProfile = {
  nodes: [
    { id: 1, callFrame: frame('(root)') },
    { id: 2, callFrame: frame('(idle)') },
    { id: 3, callFrame: frame('step', 'file:///p/node/src/core/step.ts', 9) },
    { id: 4, callFrame: frame('', 'file:///p/node/src/threads/engine-thread.ts', 3) },
    { id: 5, callFrame: frame('writev') },
  ],
  startTime: 1000,
  samples: [3, 2, 3, 4, 5, 3],
  timeDeltas: [10, 20, 30, 10, 30, 500],
};

describe('a CPU profile', () => {
  test('gives self times within the window, as shares of it', () => {
    const summary = summarize(profile, { fromMicros: 1015, toMicros: 1100 }, '/p/');
    expect(summary.thread).toBe('engine');
    expect(summary.busy).toBeCloseTo(70 / 90);
    expect(summary.functions).toEqual([
      { name: 'step node/src/core/step.ts:10', share: 30 / 90, micros: 30 },
      { name: 'writev', share: 30 / 90, micros: 30 },
      { name: '(anonymous) node/src/threads/engine-thread.ts:4', share: 10 / 90, micros: 10 },
    ]);
    expect(summary.files.map((file) => file.name)).toContain('(native)');
  });

  test('is of the main thread where no thread file was run, and empty outside of the window', () => {
    const main = { ...profile, nodes: profile.nodes.filter((node) => node.id !== 4) };
    const summary = summarize(main, { fromMicros: 0, toMicros: 1 }, '/p/');
    expect(summary).toEqual({ thread: 'main', busy: 0, functions: [], files: [] });
  });
});
