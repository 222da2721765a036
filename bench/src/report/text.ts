// SPDX-License-Identifier: Apache-2.0
import { ratioOf, typicalRound, type Comparison, type Contender } from './comparison.ts';
import type { Machine } from './machine.ts';

const head = [
  'workload',
  'clients',
  'server',
  'ops/s',
  'p50 ms',
  'p99 ms',
  'server cores',
  'server µs/op',
  'load cores',
  'failed',
  'ratio',
  'aim',
];

/** Columns as wide as their widest cell; numbers to the right. */
export function renderTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [titles, ...rows];
  const widths = titles.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const isNumber = (cell: string): boolean => /^[\d.,≥-]/.test(cell);
  return lines
    .map((line, row) =>
      widths
        .map((width, column) => {
          const cell = line[column] ?? '';
          const right = isNumber(row === 0 ? (rows[0]?.[column] ?? '') : cell);
          return right ? cell.padStart(width) : cell.padEnd(width);
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export function renderComparisons(comparisons: readonly Comparison[], machine: Machine): string {
  const rows = comparisons.flatMap((comparison) => {
    const ratio = ratioOf(comparison);
    const ours = contenderCells(comparison, comparison.ours);
    ours.push(ratio === undefined ? '-' : ratio.toFixed(2), comparison.aim === undefined ? '' : `≥ ${comparison.aim}`);
    return comparison.peer === undefined ? [ours] : [ours, contenderCells(comparison, comparison.peer)];
  });
  const notes = new Set(comparisons.flatMap(({ ours, peer }) => [ours, peer].flatMap((one) => one ?? []).map(note)));
  return [
    `${machine.cpus} × ${machine.cpuModel}, ${machine.system}, Node ${machine.node}; data on ${machine.fileSystem}; load average before ${machine.loadAverage.toFixed(1)}`,
    `rates and latencies are medians of ${rounds(comparisons)}, the contenders in turn`,
    '',
    renderTable(head, rows),
    '',
    ...notes,
    'server µs/op: CPU of all processes of the server for one answer; unlike rates it hardly depends on other work on the machine',
  ].join('\n');
}

function rounds(comparisons: readonly Comparison[]): string {
  const count = comparisons[0]?.ours.rounds.length ?? 0;
  return count === 1 ? 'one round' : `${count} rounds`;
}

function contenderCells(comparison: Comparison, contender: Contender): string[] {
  const round = typicalRound(contender.rounds);
  const cores = (value: number | undefined): string => (value === undefined ? '-' : value.toFixed(2));
  return [
    comparison.workload,
    String(comparison.clients),
    contender.name,
    Math.round(round.opsPerSecond).toLocaleString('en-US'),
    round.p50Ms.toFixed(2),
    round.p99Ms.toFixed(2),
    cores(round.serverCores),
    round.serverCores === undefined ? '-' : ((round.serverCores * 1e6) / round.opsPerSecond).toFixed(0),
    cores(round.loadCores),
    String(round.failures),
  ];
}

function note(contender: Contender): string {
  const durable = contender.durable === '' ? '' : `answered after ${contender.durable}; `;
  return `${contender.name}: ${durable}${contender.clients}`;
}
