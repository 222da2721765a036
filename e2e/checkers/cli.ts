// SPDX-License-Identifier: Apache-2.0
import { lstatSync, readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { DEFAULT_LIMITS } from './check-history.ts';
import { judgeText } from './judge-text.ts';
import type { SearchLimits } from './wgl.ts';

export interface Output {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
}

export const EXIT_OK = 0;
export const EXIT_INCOMPLETE = 1;
export const EXIT_USAGE = 2;

const USAGE = `usage: conformance:histories [--explain] [--max-steps N] [--max-memory-mib N] FILE|FOLDER…
Says of every recorded history whether it is linearizable. Exit code 0: all were decided; 1: one was not; 2: usage.`;

const MEBIBYTE = 1024 * 1024;
const MAX_FILE_BYTES = 256 * MEBIBYTE;
const MAX_FILES = 100_000;
const MAX_FOLDER_DEPTH = 32;
/** Files that belong to collections of histories but are none. */
const NOT_A_HISTORY = /^(?:expected\.txt|LICEN[CS]E(?:\..*)?|README(?:\..*)?|\..*)$/;

interface Options {
  readonly paths: readonly string[];
  readonly explain: boolean;
  readonly limits: SearchLimits;
}

/** Runs the checker's command line and gives its exit code. */
export function runHistoryChecker(args: readonly string[], output: Output): number {
  const options = parseOptions(args);
  if (typeof options === 'string') {
    output.err(options);
    output.err(USAGE);
    return EXIT_USAGE;
  }
  const files = listFiles(options.paths);
  if (typeof files === 'string') {
    output.err(files);
    return EXIT_USAGE;
  }
  let checked = 0;
  let undecided = 0;
  for (const file of files) {
    if (NOT_A_HISTORY.test(basename(file))) {
      output.err(`${file}: skipped, not a history`);
      continue;
    }
    checked++;
    if (!checkFile(file, options, output)) undecided++;
  }
  if (checked > 0) return undecided === 0 ? EXIT_OK : EXIT_INCOMPLETE;
  output.err('no history found');
  return EXIT_USAGE;
}

/** Prints the verdict of a file; false when there is none. */
function checkFile(file: string, options: Options, output: Output): boolean {
  let text: string;
  try {
    if (lstatSync(file).size > MAX_FILE_BYTES) {
      output.out(`${file} undecided (limit)`);
      output.err(`${file}: larger than ${MAX_FILE_BYTES} bytes`);
      return false;
    }
    text = readFileSync(file, 'utf8');
  } catch (error) {
    output.err(`${file}: cannot be read: ${String(error)}`);
    return false;
  }
  const judgement = judgeText(text, options.limits);
  if (judgement.kind === 'malformed') {
    output.err(`${file}: ${judgement.message}`);
    return false;
  }
  const isUndecided = judgement.verdict === 'undecided';
  output.out(`${file} ${isUndecided ? 'undecided (limit)' : judgement.verdict}`);
  if (judgement.details !== '' && (options.explain || isUndecided)) output.err(`${file}: ${judgement.details}`);
  return !isUndecided;
}

/** The options, or what is wrong with them. */
function parseOptions(args: readonly string[]): Options | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        explain: { type: 'boolean', default: false },
        'max-steps': { type: 'string' },
        'max-memory-mib': { type: 'string' },
      },
    });
    const maxSteps = positive(values['max-steps'], DEFAULT_LIMITS.maxSteps);
    const maxMebibytes = positive(values['max-memory-mib'], DEFAULT_LIMITS.maxBytes / MEBIBYTE);
    if (maxSteps === undefined || maxMebibytes === undefined) return 'a limit must be a positive integer';
    if (positionals.length === 0) return 'no file or folder given';
    return { paths: positionals, explain: values.explain, limits: { maxSteps, maxBytes: maxMebibytes * MEBIBYTE } };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function positive(text: string | undefined, fallback: number): number | undefined {
  if (text === undefined) return fallback;
  const number = Number(text);
  return /^\d+$/.test(text) && Number.isSafeInteger(number) && number > 0 ? number : undefined;
}

/** The files of the given paths, folders in the order of their names, or what is wrong with them. Links are not followed. */
function listFiles(paths: readonly string[]): readonly string[] | string {
  const files: string[] = [];
  for (const path of paths) {
    try {
      if (!lstatSync(path).isDirectory()) files.push(path);
      else addFolder(path, MAX_FOLDER_DEPTH, files);
    } catch (error) {
      return `${path}: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  return files.length > MAX_FILES ? `more than ${MAX_FILES} files` : files;
}

function addFolder(folder: string, depthLeft: number, files: string[]): void {
  if (depthLeft === 0 || files.length > MAX_FILES) return;
  const entries = readdirSync(folder, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    if (entry.isDirectory()) addFolder(join(folder, entry.name), depthLeft - 1, files);
    if (entry.isFile()) files.push(join(folder, entry.name));
  }
}
