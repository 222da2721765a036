// SPDX-License-Identifier: Apache-2.0
import type { DiskUse, MemoryUse } from '../cluster/footprint.ts';
import type { Restart } from '../cluster/restart.ts';
import type { ReadBackResult } from '../load/read-back.ts';

export interface NodeUse {
  readonly name: string;
  readonly disk: DiskUse;
  readonly memory: MemoryUse | undefined;
}

export interface LoadReport {
  readonly created: number;
  readonly createdPerSecond: number;
  readonly createSeconds: number;
  readonly duplicates: number;
  readonly urlMeanBytes: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly altered: readonly string[];
  readonly readBack: ReadBackResult & { readonly perSecond: number };
  /** Of a cluster that this run started. */
  readonly nodes: readonly NodeUse[];
  readonly restarts: readonly Restart[];
}

/** Every acknowledged link led where it must, also after the restarts. */
export function isGood(report: LoadReport): boolean {
  const { created, altered, readBack, restarts } = report;
  const allRead = created > 0 && readBack.read === created && readBack.wrongCount === 0;
  return allRead && altered.length === 0 && restarts.every((restart) => restart.wrongCount === 0);
}

const mebibyte = 2 ** 20;

export function renderReport(report: LoadReport): string {
  const { readBack } = report;
  const whole = (value: number): string => Math.round(value).toLocaleString('en-US');
  const refused = Object.entries(report.refused).toSorted(([, a], [, b]) => b - a);
  const refusedCount = refused.reduce((sum, [, count]) => sum + count, 0);
  const lines = [
    `created    ${whole(report.created)} links in ${whole(report.createSeconds)} s, ${whole(report.createdPerSecond)}/s; URLs of ${report.urlMeanBytes.toFixed(1)} bytes on average`,
    `skipped    ${whole(report.duplicates)} duplicates, ${whole(refusedCount)} refused as destinations`,
    ...refused.map(([reason, count]) => `           ${whole(count)}: ${reason}`),
    `read back  ${whole(readBack.read)} through another node in ${whole(readBack.seconds)} s, ${whole(readBack.perSecond)}/s; ${whole(readBack.wrongCount)} wrong, ${whole(readBack.retries)} tried again`,
    ...readBack.wrong.map((text) => `           ${text}`),
    ...report.altered.map((text) => `altered    ${text}`),
    ...report.nodes.map((node) => nodeLine(node, report.created)),
    ...report.restarts.map(restartLine),
    isGood(report) ? 'every link led where it must' : 'NOT every link led where it must',
  ];
  return lines.join('\n');
}

function nodeLine({ name, disk, memory }: NodeUse, links: number): string {
  const size = (bytes: number): string => `${(bytes / mebibyte).toFixed(0)} MiB`;
  const each = (bytes: number): string => `${(bytes / Math.max(1, links)).toFixed(1)} B/link`;
  const peak = memory?.peakBytes === undefined ? '' : ` (peak ${size(memory.peakBytes)})`;
  const resident = memory === undefined ? '' : `; memory ${size(memory.residentBytes)}${peak}`;
  return `${name.padEnd(9)}  disk ${size(disk.totalBytes)}, ${each(disk.totalBytes)}: tables ${size(disk.tableBytes)}, ${each(disk.tableBytes)}, logs ${size(disk.logBytes)}${resident}`;
}

function restartLine(restart: Restart): string {
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;
  return `${restart.node.padEnd(9)}  ${restart.signal}: gone after ${seconds(restart.stopMs)}, ready again ${seconds(restart.readyMs)} after its start, first redirect ${seconds(restart.firstRedirectMs)}; ${restart.wrongCount} of ${restart.sampled} links wrong`;
}
