// SPDX-License-Identifier: Apache-2.0
import { nearest } from '@shortlink/common/options.ts';
import type { Command } from './command.ts';
import { CliError, exitCodes } from './exit-codes.ts';
import { helpOf, overview } from './help.ts';
import { version } from '@shortlink/common/version.ts';
import { clearProgress, type Io } from './io.ts';

/** Finds the command that `argv` names, runs it, and gives the exit code. Says on standard error what went wrong. */
export async function runCommand(commands: readonly Command[], argv: readonly string[], io: Io): Promise<number> {
  try {
    await dispatch(commands, argv, io);
    return exitCodes.ok.code;
  } catch (error) {
    clearProgress(io);
    if (!(error instanceof CliError)) throw error;
    for (const line of error.message.split('\n')) io.err(`shortlink: ${line}`);
    return exitCodes[error.exit].code;
  }
}

async function dispatch(commands: readonly Command[], argv: readonly string[], io: Io): Promise<void> {
  const words = argv[0] === 'help' ? [...argv.slice(1), '--help'] : argv;
  const found = commands.find((command) => command.path.every((word, i) => words[i] === word));
  if (found === undefined) {
    overviewOrError(commands, words, io);
    return;
  }
  const rest = words.slice(found.path.length);
  const flagsEnd = rest.indexOf('--');
  const flags = flagsEnd < 0 ? rest : rest.slice(0, flagsEnd);
  if (flags.includes('--help') || flags.includes('-h')) io.out(helpOf(found));
  else await found.invoke(rest, io);
}

function overviewOrError(commands: readonly Command[], words: readonly string[], io: Io): void {
  const first = words[0];
  if (first === undefined) throw new CliError('usage', overview(commands));
  const group = commands.filter((command) => command.path[0] === first);
  if (first.startsWith('-')) {
    if (first === '--version') io.out(version);
    else if (first === '--help' || first === '-h') io.out(overview(commands));
    else throw new CliError('usage', `${first} needs a command before it`);
  } else if (group.length > 0) {
    const known = group.map((command) => command.path.join(' ')).join(', ');
    throw new CliError('usage', `${first} needs one of: ${known}`);
  } else {
    const near = nearest(
      first,
      commands.map((command) => command.path[0] ?? ''),
    );
    const hint = near === undefined ? 'shortlink --help lists the commands' : `did you mean ${near}?`;
    throw new CliError('usage', `there is no command ${JSON.stringify(first)}; ${hint}`);
  }
}
