// SPDX-License-Identifier: Apache-2.0
import { mutants } from './all.ts';
import { hunt } from './hunt.ts';
import type { Mutant } from './mutant.ts';

const messageMaxChars = 160;

/** Hunts every mutant whose name contains `part`. @returns the exit code: 1 when one is missed. */
export async function runMutants(part: string, print: (text: string) => void): Promise<number> {
  const chosen = mutants.filter(({ name }) => name.includes(part));
  let caught = 0;
  for (const mutant of chosen) {
    const { line, isCaught } = await judge(mutant);
    if (isCaught) caught++;
    print(`${line}\n`);
  }
  print(`${chosen.length} mutants, ${caught} caught\n`);
  return chosen.length > 0 && caught === chosen.length ? 0 : 1;
}

async function judge(mutant: Mutant): Promise<{ readonly line: string; readonly isCaught: boolean }> {
  const { name, knownFrom, seeds, caughtBy } = mutant;
  const found = await hunt(mutant);
  const source = `    known from ${knownFrom}`;
  if (found === undefined) return { line: `MISSED ${name}: not within ${seeds} seeds\n${source}`, isCaught: false };
  const { seed, property } = found;
  const message = (found.message.split('\n')[0] ?? '').slice(0, messageMaxChars);
  const isCaught = caughtBy.includes(property);
  const verdict = isCaught ? 'caught' : `MISSED (by ${caughtBy.join(' or ')})`;
  return { line: `${verdict} ${name}: seed ${seed} of ${seeds}, ${property}: ${message}\n${source}`, isCaught };
}
