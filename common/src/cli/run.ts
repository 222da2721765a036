// SPDX-License-Identifier: Apache-2.0
import { nearest } from '../options.ts';
import { version } from '../version.ts';
import { CliError, exitCodes } from './exit-codes.ts';
import { helpOf, overview } from './help.ts';
import { clearProgress, type Io } from './io.ts';
import type { Program } from './program.ts';

/** Finds the command that `argv` names, runs it, and gives the exit code. Says on standard error what went wrong. */
export async function runProgram(program: Program, argv: readonly string[], io: Io): Promise<number> {
  try {
    await dispatch(program, argv, io);
    return exitCodes.ok.code;
  } catch (error) {
    clearProgress(io);
    if (!(error instanceof CliError)) throw error;
    for (const line of error.message.split('\n')) io.err(`${program.name}: ${line}`);
    return exitCodes[error.exit].code;
  }
}

async function dispatch(program: Program, argv: readonly string[], io: Io): Promise<void> {
  const words = argv[0] === 'help' ? [...argv.slice(1), '--help'] : argv;
  const found = program.commands.find((command) => command.path.every((word, i) => words[i] === word));
  if (found === undefined) {
    overviewOrError(program, words, io);
    return;
  }
  const rest = words.slice(found.path.length);
  const flagsEnd = rest.indexOf('--');
  const flags = flagsEnd < 0 ? rest : rest.slice(0, flagsEnd);
  if (flags.includes('--help') || flags.includes('-h')) io.out(helpOf(program.name, found));
  else await found.invoke(rest, io);
}

function overviewOrError(program: Program, words: readonly string[], io: Io): void {
  const { commands, name, elsewhere = [] } = program;
  const first = words[0];
  if (first === undefined) throw new CliError('usage', overview(program));
  const other = elsewhere.find(({ path }) => path[0] === first);
  const group = commands.filter((command) => command.path[0] === first);
  if (first.startsWith('-')) {
    if (first === '--version') io.out(version);
    else if (first === '--help' || first === '-h') io.out(overview(program));
    else throw new CliError('usage', `${first} needs a command before it`);
  } else if (group.length > 0) {
    const known = group.map((command) => command.path.join(' ')).join(', ');
    throw new CliError('usage', `${first} needs one of: ${known}`);
  } else if (other !== undefined) {
    throw new CliError('usage', `${first} is not part of this installation: ${other.instead}`);
  } else {
    const near = nearest(
      first,
      commands.map((command) => command.path[0] ?? ''),
    );
    const hint = near === undefined ? `${name} --help lists the commands` : `did you mean ${near}?`;
    throw new CliError('usage', `there is no command ${JSON.stringify(first)}; ${hint}`);
  }
}
