// SPDX-License-Identifier: Apache-2.0

/** What a command sees of the process that it runs in; tests give their own. */
export interface Io {
  /** A line on standard output: the result, and nothing else. */
  readonly out: (line: string) => void;
  /** A line on standard error: what people should know beside the result. */
  readonly err: (line: string) => void;
  /** Rewrites the last line of the terminal; undefined when standard error is not one. */
  readonly rewrite: ((text: string) => void) | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

interface Stream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** The Io of a process of Node.js. */
export function ioOf(process: { readonly stdout: Stream; readonly stderr: Stream; readonly env: Io['env'] }): Io {
  const { stdout, stderr, env } = process;
  return {
    out: (line) => void stdout.write(`${line}\n`),
    err: (line) => void stderr.write(`${line}\n`),
    rewrite: stderr.isTTY === true ? (text) => void stderr.write(`\r\u001B[2K${text}`) : undefined,
    env,
  };
}

const barWidth = 24;

/** Shows how far long work is, on a terminal only. `total` 0 means that nobody knows. */
export function showProgress(io: Io, label: string, done: number, total: number): void {
  if (io.rewrite === undefined) return;
  const filled = total === 0 ? 0 : Math.round((Math.min(done, total) / total) * barWidth);
  const bar = `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)}`;
  io.rewrite(total === 0 ? `${label} …` : `${label} ${bar} ${done}/${total}`);
}

export function clearProgress(io: Io): void {
  io.rewrite?.('');
}
