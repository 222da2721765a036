// SPDX-License-Identifier: Apache-2.0
import { progressBar } from './progress-bar.ts';

const exitUsage = 2;

interface CommonFlags {
  readonly help: boolean;
  readonly output: 'text' | 'json';
}

export interface LoadHooks {
  /** What is done now; `done` of `total`, 0 where nobody knows. */
  readonly progress: (label: string, done: number, total: number) => void;
  readonly note: (text: string) => void;
  /** What was started is ended when somebody ends the load. */
  readonly onStarted: (stop: () => Promise<void>) => void;
}

export interface LoadCommand<Flags extends CommonFlags, Report> {
  readonly name: string;
  /** What is wrong with the command line, in words, or its flags. */
  readonly flags: Flags | string;
  readonly usage: () => string;
  /** Why it cannot run here; undefined: it can. */
  readonly whyNot?: () => string | undefined;
  readonly run: (flags: Flags, hooks: LoadHooks) => Promise<Report>;
  readonly render: (report: Report) => string;
  readonly isGood: (report: Report) => boolean;
}

/** Runs a load with a progress bar, prints its report, and sets the exit code. */
export async function runLoadCommand<Flags extends CommonFlags, Report>(
  command: LoadCommand<Flags, Report>,
): Promise<void> {
  const { name, flags, usage } = command;
  if (typeof flags === 'string') {
    console.error(`${flags}\n\n${usage()}`);
    process.exitCode = exitUsage;
    return;
  }
  if (flags.help) return console.log(usage());
  const why = command.whyNot?.();
  if (why !== undefined) {
    console.error(`${name}: ${why}`);
    process.exitCode = exitUsage;
    return;
  }
  const report = await command.run(flags, {
    progress: progressBar(),
    note: (text) => console.error(`${name}: ${text}`),
    onStarted: stopAtTheEnd(),
  });
  if (process.stderr.isTTY) process.stderr.write('\r\u001B[2K');
  console.log(flags.output === 'json' ? JSON.stringify(report, undefined, 2) : command.render(report));
  process.exitCode = command.isGood(report) ? 0 : 1;
}

function stopAtTheEnd(): LoadHooks['onStarted'] {
  const stops: (() => Promise<void>)[] = [];
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(name, () => void Promise.all(stops.map(async (stop) => stop())).then(() => process.exit(1)));
  }
  return (stop) => void stops.push(stop);
}
