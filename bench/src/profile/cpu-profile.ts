// SPDX-License-Identifier: Apache-2.0

/** The parts of a .cpuprofile (the Profile type of the DevTools protocol) that are read here. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  /** Microseconds of the system's monotonic clock. */
  readonly startTime: number;
  /** Node ids. */
  readonly samples: readonly number[];
  /** Microseconds from each sample to the one before it; the first counts from startTime. */
  readonly timeDeltas: readonly number[];
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
}

export interface Window {
  readonly fromMicros: number;
  readonly toMicros: number;
}

export interface FunctionTime {
  /** `name path:line` */
  readonly name: string;
  /** Of the window, from 0 to 1. */
  readonly share: number;
  readonly micros: number;
}

export interface ThreadProfile {
  readonly thread: string;
  /** Share of the window in which the thread did anything. */
  readonly busy: number;
  /** Most self time first. */
  readonly functions: readonly FunctionTime[];
  /** Self time by file, most first. */
  readonly files: readonly FunctionTime[];
}

const idle = '(idle)';
const root = '(root)';

/** Self times within a window. `base` is cut from the paths of files. */
export function summarize(profile: CpuProfile, window: Window, base: string): ThreadProfile {
  const frames = new Map(profile.nodes.map((node) => [node.id, describe(node, base)]));
  const byFunction = new Map<string, number>();
  const byFile = new Map<string, number>();
  let atMicros = profile.startTime;
  let totalMicros = 0;
  for (const [i, delta] of profile.timeDeltas.entries()) {
    atMicros += delta;
    if (atMicros < window.fromMicros || atMicros > window.toMicros) continue;
    const frame = frames.get(profile.samples[i] ?? 0);
    if (frame === undefined) continue;
    totalMicros += delta;
    byFunction.set(frame.name, (byFunction.get(frame.name) ?? 0) + delta);
    byFile.set(frame.file, (byFile.get(frame.file) ?? 0) + delta);
  }
  const idleMicros = (byFunction.get(idle) ?? 0) + (byFunction.get(root) ?? 0);
  const share = (micros: number): number => (totalMicros === 0 ? 0 : micros / totalMicros);
  const sorted = (times: ReadonlyMap<string, number>): FunctionTime[] =>
    [...times]
      .filter(([name]) => name !== idle && name !== root)
      .map(([name, micros]) => ({ name, share: share(micros), micros }))
      .toSorted((a, b) => b.share - a.share);
  return {
    thread: threadOf(profile),
    busy: share(totalMicros - idleMicros),
    functions: sorted(byFunction),
    files: sorted(byFile),
  };
}

function describe({ callFrame }: ProfileNode, base: string): { name: string; file: string } {
  const { functionName, url, lineNumber } = callFrame;
  const name = functionName === '' ? '(anonymous)' : functionName;
  if (url === '') return { name, file: name.startsWith('(') ? name : '(native)' };
  const file = url.replace(/^file:\/\//, '').replace(base, '');
  return { name: `${name} ${file}:${lineNumber + 1}`, file };
}

/** Threads of a node are named by the file that they start with: `engine-thread.ts`. */
function threadOf(profile: CpuProfile): string {
  for (const { callFrame } of profile.nodes) {
    const name = /\/([a-z]+)-thread\.ts$/.exec(callFrame.url)?.[1];
    if (name !== undefined) return name;
  }
  return 'main';
}
