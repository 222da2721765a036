// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { runMutants } from './mutants/cli.ts';
import { simulate } from './simulation.ts';
import type { SimulationReport } from './simulation.ts';

const hour = 3_600_000_000;
const usage = `npm run -s sim -- [--seeds A..B | --seed N] [--seconds N] [--verbose] [--history FILE]
  --seeds A..B    runs these seeds (default 1..40)
  --seed N        runs one
  --seconds N     simulated seconds with faults, of each seed (default 120)
  --verbose       prints every event
  --history FILE  writes the clients' history to FILE.link.jsonl and FILE.kv.jsonl (one seed)
npm run -s sim:mutants -- [PART]   puts known mistakes in (those with PART in their names) and shows that each is caught
`;

interface Arguments {
  readonly first: number;
  readonly last: number;
  readonly seconds: number;
  readonly verbose: boolean;
  readonly history: string | undefined;
}

/** @returns the exit code: 1 after a violation, 2 when the arguments make no sense. */
export async function runCli(args: readonly string[], print: (text: string) => void): Promise<number> {
  const [first, part = ''] = args;
  if (first === 'mutants') return runMutants(part, print);
  const parsed = parseArguments(args);
  if (parsed === undefined) {
    print(usage);
    return 2;
  }
  let simulatedUs = 0;
  let violations = 0;
  for (let seed = parsed.first; seed <= parsed.last; seed++) {
    const report = await runSeed(seed, parsed, print);
    simulatedUs += report.simulatedUs;
    violations += report.violations.length;
  }
  const seeds = parsed.last - parsed.first + 1;
  print(`${seeds} seeds, ${(simulatedUs / hour).toFixed(2)} simulated hours, ${violations} violations\n`);
  return violations === 0 ? 0 : 1;
}

async function runSeed(seed: number, parsed: Arguments, print: (text: string) => void): Promise<SimulationReport> {
  const onNote = (atUs: number, kind: string, detail: string): void =>
    print(`${(atUs / 1_000_000).toFixed(6)} ${kind} ${detail}\n`);
  const startNs = process.hrtime.bigint();
  const report = await simulate({
    seed,
    faultyUs: parsed.seconds * 1_000_000,
    onNote: parsed.verbose ? onNote : undefined,
  });
  const tookMs = Number((process.hrtime.bigint() - startNs) / 1_000_000n);
  print(`${describeReport(report)} in ${(tookMs / 1000).toFixed(1)} s\n`);
  for (const { property, message } of report.violations) {
    print(
      `VIOLATION of ${property}\n  ${message}\n  replay: npm run -s sim -- --seed ${seed} --seconds ${parsed.seconds} --verbose\n`,
    );
  }
  if (parsed.history !== undefined) {
    writeFileSync(`${parsed.history}.link.jsonl`, report.history.toJsonl('link'));
    writeFileSync(`${parsed.history}.kv.jsonl`, report.history.toJsonl('kv'));
  }
  return report;
}

function describeReport(report: SimulationReport): string {
  const { seed, traceHash, events, operations, answered, committedEntries, simulatedUs, retired } = report;
  const [merged, collected] = (['merged', 'collected'] as const).map((event) => report.chunkEvents.get(event) ?? 0);
  const faults = [...report.faults.values()].reduce((sum, count) => sum + count, 0);
  const seconds = Math.round(simulatedUs / 1_000_000);
  return `seed ${seed}: trace ${traceHash}, ${seconds} simulated s, ${events} events, ${faults} faults, ${answered} of ${operations} operations answered, ${committedEntries} entries, ${retired} generations retired, ${merged} merges, ${collected} objects deleted`;
}

function parseArguments(args: readonly string[]): Arguments | undefined {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        seeds: { type: 'string' },
        seed: { type: 'string' },
        seconds: { type: 'string', default: '120' },
        verbose: { type: 'boolean', default: false },
        history: { type: 'string' },
      },
    });
    const range = /^(\d+)(?:\.\.(\d+))?$/.exec(values.seed ?? values.seeds ?? '1..40');
    const first = Number(range?.[1]);
    const last = Number(range?.[2] ?? range?.[1]);
    const seconds = Number(values.seconds);
    if (range === null || last < first || !(seconds > 0)) return undefined;
    return { first, last, seconds, verbose: values.verbose, history: values.history };
  } catch {
    return undefined;
  }
}
