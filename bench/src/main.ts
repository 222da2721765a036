// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseCommandLine, usage, type Invocation } from './options.ts';
import { Processes } from './processes.ts';
import { ratioOf, typicalRound, type Comparison } from './report/comparison.ts';
import { describeMachine, isInMemory } from './report/machine.ts';
import { renderComparisons } from './report/text.ts';
import { benchChunk } from './workloads/chunk.ts';
import { benchCold } from './workloads/cold.ts';
import type { BenchPlan } from './workloads/plan.ts';
import { profileNode } from './workloads/profile.ts';
import { benchRedirects } from './workloads/redirects.ts';
import { benchSeal } from './workloads/seal.ts';
import { benchWrites } from './workloads/writes.ts';

const exitUsage = 2;

function note(text: string): void {
  console.error(`bench: ${text}`);
}

/** One line that is written over, on a terminal only. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[2K${text}`);
}

function planOf({ flags }: Invocation, folder: string): BenchPlan {
  return {
    folder,
    basePort: flags['base-port'],
    clients: flags.clients.map(Number),
    connections: flags.connections,
    codes: flags.codes,
    warmUpMs: flags['warm-up'] * 1000,
    firstWarmUpMs: flags['first-warm-up'] * 1000,
    measureMs: flags.seconds * 1000,
    rounds: flags.rounds,
    progress,
    note,
  };
}

async function run(invocation: Invocation): Promise<void> {
  const { workload, flags } = invocation;
  const folder = join(resolve(flags.data), `run-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  const processes = new Processes();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(name, () => void processes.stopAll().then(() => process.exit(1)));
  }
  const plan = planOf(invocation, folder);
  try {
    if (workload === 'profile') {
      const report = await profileNode(plan, processes);
      progress('');
      console.log(flags.output === 'json' ? JSON.stringify(report, undefined, 2) : report.text);
      return;
    }
    if (workload === 'chunk') {
      const packages = join(resolve(flags.data), 'packages');
      const report = await benchChunk({ folder, packages, links: flags.links, progress, note }, processes);
      progress('');
      console.log(flags.output === 'json' ? JSON.stringify(report, undefined, 2) : report.text);
      return;
    }
    if (workload === 'cold') {
      const packages = join(resolve(flags.data), 'packages');
      const report = await benchCold({ ...plan, packages, links: flags.links }, processes);
      progress('');
      if (report !== undefined)
        console.log(flags.output === 'json' ? JSON.stringify(report, undefined, 2) : report.text);
      return;
    }
    if (workload === 'seal') {
      const report = await benchSeal({ ...plan, settings: flags.set }, processes);
      progress('');
      console.log(flags.output === 'json' ? JSON.stringify(report, undefined, 2) : report.text);
      return;
    }
    const machine = describeMachine(folder);
    if (isInMemory(machine.fileSystem)) note(`${folder} is in memory: durable writes there say nothing; see --data`);
    const below = (name: string): BenchPlan => {
      const own = join(folder, name);
      mkdirSync(own);
      return { ...plan, folder: own };
    };
    const comparisons = [
      ...(workload === 'redirects' ? [] : await benchWrites(below('writes'), processes)),
      ...(workload === 'writes' ? [] : await benchRedirects(below('redirects'), processes)),
    ];
    progress('');
    console.log(
      flags.output === 'json'
        ? JSON.stringify({ machine, comparisons: comparisons.map(withMedians) }, undefined, 2)
        : renderComparisons(comparisons, machine),
    );
  } finally {
    await processes.stopAll();
    if (!flags.keep) rmSync(folder, { recursive: true, force: true });
  }
}

function withMedians(comparison: Comparison): object {
  const { ours, peer } = comparison;
  return {
    ...comparison,
    ratio: ratioOf(comparison),
    ours: { ...ours, median: typicalRound(ours.rounds) },
    peer: peer === undefined ? undefined : { ...peer, median: typicalRound(peer.rounds) },
  };
}

const invocation = parseCommandLine(process.argv.slice(2));
if (typeof invocation === 'string') {
  console.error(`${invocation}\n\n${usage()}`);
  process.exitCode = exitUsage;
} else if (invocation.flags.help) {
  console.log(usage());
} else {
  await run(invocation);
}
