// SPDX-License-Identifier: Apache-2.0
import type { ReadBackResult } from '../load-real/load/read-back.ts';
import type { Verdict } from './flat.ts';
import type { BoundedReport } from './run-bounded.ts';

const mebibyte = 2 ** 20;
const nameWidth = 20;
const columnWidth = 12;

/** Nothing was lost, and nothing grew that must not. */
export function isGood(report: BoundedReport): boolean {
  const { created, looks, verdicts, whileCut, readAll, disaster } = report;
  const reads = [whileCut, readAll, disaster.read];
  const isAllThere = readAll.read === 3 * created && disaster.read.read === created;
  const noneWrong = reads.every(({ wrongCount }) => wrongCount === 0) && looks.every((one) => one.wrongCount === 0);
  return created > 0 && isAllThere && noneWrong && verdicts.every(({ isFlat }) => isFlat);
}

export function renderReport(report: BoundedReport): string {
  const { looks, disaster, readAll, whileCut } = report;
  const row = (name: string, values: readonly string[], end = ''): string =>
    `${name.padEnd(nameWidth)}${values.map((value) => value.padStart(columnWidth)).join('')}  ${end}`.trimEnd();
  const lines = [
    `created ${whole(report.created)} links, ${whole(report.createdPerSecond)}/s`,
    '',
    row(
      'links',
      looks.map(({ links }) => whole(links)),
    ),
    ...report.verdicts.map((verdict) =>
      row(verdict.name, verdict.values.map(shown(verdict)), verdict.isFlat ? 'flat' : 'NOT FLAT'),
    ),
    row(
      'chunks',
      looks.map(({ chunks }) => whole(chunks)),
    ),
    row(
      'garbage objects',
      looks.map(({ garbage }) => whole(garbage)),
    ),
    row(
      'candidates a key',
      looks.map(({ candidates }) => whole(candidates)),
    ),
    row(
      'rewrites of a row',
      looks.map(({ rewrites }) => rewrites.toFixed(1)),
    ),
    row(
      'node replaced',
      looks.map(({ replacedMs }) => seconds(replacedMs)),
    ),
    '',
    `without the object store and one disk: ${readText(whileCut)}`,
    `every link through every node: ${readText(readAll)}`,
    `all disks lost: rebuilt after ${seconds(disaster.rebuiltMs)}, nodes ready after ${seconds(disaster.readyMs)}, first answer after ${seconds(disaster.firstAnswerMs)}, all answers after ${seconds(disaster.allAnswersMs)}: ${readText(disaster.read)}`,
    ...[whileCut, readAll, disaster.read].flatMap(({ wrong }) => wrong),
    isGood(report) ? 'what is hot stays as it is, and every link led where it must' : 'NOT as it must be',
  ];
  return lines.join('\n');
}

function readText({ read, seconds: took, wrongCount, retries }: ReadBackResult): string {
  return `${whole(read)} answers, ${whole(read / took)}/s, ${whole(wrongCount)} wrong, ${whole(retries)} tried again`;
}

function shown({ unit }: Verdict): (value: number) => string {
  return (value) => {
    if (unit === 'bytes') return `${(value / mebibyte).toFixed(1)} MiB`;
    return unit === 'ms' ? seconds(value) : whole(value);
  };
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
