// SPDX-License-Identifier: Apache-2.0
import { basename } from 'node:path';

/** What vitest's JSON reporter says, as far as it matters. */
export interface Scenarios {
  /** Milliseconds since the epoch. */
  readonly startTime: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly title: string;
      readonly status: string;
      readonly duration?: number | null;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}

export interface Measured {
  readonly name: string;
  readonly measured: Readonly<Record<string, string>>;
}

export interface ReportInput {
  readonly provider: string;
  readonly level: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly scenarios: Scenarios;
  readonly measured: readonly Measured[];
}

interface Row {
  readonly name: string;
  readonly title: string;
  readonly result: string;
  readonly seconds: string;
  readonly measured: string;
}

/** A page of Markdown: what ran on what, and a line for each scenario. */
export function reportText({ provider, level, versions, scenarios, measured }: ReportInput): string {
  const rows = scenarios.testResults
    .flatMap((file) => rowsOf(file, measured))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const count = (result: string): number => rows.filter((row) => row.result === result).length;
  const took = rows.reduce((sum, { seconds }) => sum + Number(seconds), 0);
  const cells = rows.map(({ name, title, result, seconds, measured: noted }) =>
    line([`\`${name}\``, title, result, seconds, noted]),
  );
  return [
    `# Scenarios on Kubernetes: ${level} on ${provider}, ${new Date(scenarios.startTime).toISOString().slice(0, 10)}`,
    '',
    `${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped, in ${Math.ceil(took / 60)} minutes.`,
    'Written by `make e2e LEVEL=full`. The limits of each scenario stand in its file below `e2e/kubernetes/scenarios`.',
    '',
    line(['What took part', 'Version']),
    line(['---', '---']),
    ...Object.entries(versions).map(([what, version]) => line([what, version])),
    '',
    line(['Scenario', 'What it shows', 'Result', 'Seconds', 'Measured']),
    line(['---', '---', '---', '---:', '---']),
    ...cells,
    '',
  ].join('\n');
}

function rowsOf(file: Scenarios['testResults'][number], measured: readonly Measured[]): Row[] {
  const name = basename(file.name).replace(/\.k8s\.ts$/, '');
  const noted = measured.find((one) => one.name === name)?.measured ?? {};
  const text = Object.entries(noted)
    .map(([what, value]) => `${what}: ${value}`)
    .join('; ');
  if (file.assertionResults.length === 0)
    return [{ name, title: file.message ?? '', result: 'failed', seconds: '0', measured: text }];
  return file.assertionResults.map(({ title, status, duration, failureMessages = [] }) => ({
    name,
    title,
    result: status === 'passed' || status === 'failed' ? status : 'skipped',
    seconds: ((duration ?? 0) / 1000).toFixed(0),
    measured: [text, failureMessages[0]?.split('\n')[0] ?? ''].filter((one) => one !== '').join('; '),
  }));
}

function line(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
}
