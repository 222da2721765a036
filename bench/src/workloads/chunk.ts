// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import {
  buildChunk,
  measureSpeed,
  sizesOf,
  type ChunkSizes,
  type ChunkSpeed,
  type Speed,
} from '../chunks/measure-chunk.ts';
import { postgresSizes, type PostgresSizes } from '../chunks/postgres.ts';
import { linksOf, realUrls } from '../chunks/real-links.ts';
import type { Processes } from '../processes.ts';
import { renderTable } from '../report/text.ts';

export interface ChunkPlan {
  readonly folder: string;
  /** Where the package with the URLs is kept. */
  readonly packages: string;
  readonly links: number;
  readonly progress: (text: string) => void;
  readonly note: (text: string) => void;
}

export interface ChunkReport {
  readonly sizes: ChunkSizes;
  readonly speed: ChunkSpeed;
  readonly postgres: PostgresSizes | undefined;
  readonly text: string;
}

/** Aim of issue 4, D3, at a mean URL of 44.5 bytes. */
const aimBytes = 30;

/** What links take in a chunk, and how fast one is built and read. */
export async function benchChunk(plan: ChunkPlan, processes: Processes): Promise<ChunkReport> {
  plan.progress('reading URLs');
  const links = linksOf(await realUrls(plan.packages, plan.links));
  if (links.length < plan.links) plan.note(`there are ${links.length} different URLs`);
  plan.progress('building a chunk');
  const path = join(plan.folder, 'links.chunk');
  const built = buildChunk(links, path);
  plan.progress('reading it');
  const speed = await measureSpeed(links, path, built);
  plan.progress('loading PostgreSQL');
  const postgres = await postgresSizes(links, processes, plan.note);
  const sizes = sizesOf(links, built.summary);
  return { sizes, speed, postgres, text: render(sizes, speed, postgres) };
}

function render(sizes: ChunkSizes, speed: ChunkSpeed, postgres: PostgresSizes | undefined): string {
  const primary = sizes.data + sizes.filter + sizes.index + sizes.model;
  const bytes = (value: number): string => value.toFixed(2);
  const rate = (value: number): string => Math.round(value).toLocaleString('en-US');
  const rows = [
    ['link rows', bytes(sizes.rawData), bytes(sizes.data), bytes(postgres?.table ?? Number.NaN)],
    ['filter', '', bytes(sizes.filter), ''],
    ['index', '', bytes(sizes.index), bytes(postgres?.primaryKey ?? Number.NaN)],
    ['model', '', bytes(sizes.model), ''],
    [
      `together (aim: ${aimBytes})`,
      '',
      bytes(primary),
      bytes((postgres?.table ?? Number.NaN) + (postgres?.primaryKey ?? 0)),
    ],
    [
      'index by creator',
      bytes(sizes.rawSecondary),
      bytes(sizes.secondary),
      bytes(postgres?.creatorIndex ?? Number.NaN),
    ],
  ].map((cells) => cells.map((cell) => (cell === 'NaN' ? 'not there' : cell)));
  const speeds: readonly (readonly [string, Speed, string])[] = [
    ['row built', speed.build, megabytes(speed.build, speed.rowBytes)],
    ['row verified', speed.verify, megabytes(speed.verify, speed.rowBytes)],
    ['link looked up, block from the file', speed.coldLookups, ''],
    ['link looked up, block in memory', speed.warmLookups, ''],
    ['absent key', speed.absentKeys, `${(speed.falsePositives * 100).toFixed(2)} % pass the filter`],
  ];
  return [
    `${rate(sizes.links)} links, URLs of ${bytes(sizes.urlBytes)} bytes; a chunk of ${rate(sizes.chunkBytes)} bytes, opened by its last ${rate(sizes.tailBytes)}`,
    renderTable(['bytes a link', 'rows', 'chunk', `PostgreSQL ${postgres?.version ?? ''}`.trim()], rows),
    renderTable(
      ['one thread', 'a second', 'CPU µs', ''],
      speeds.map(([what, { perSecond, cpuMicros }, more]) => [what, rate(perSecond), cpuMicros.toFixed(1), more]),
    ),
  ].join('\n\n');
}

function megabytes({ perSecond }: Speed, rowBytes: number): string {
  return `${((perSecond * rowBytes) / 1e6).toFixed(1)} MB/s of keys and values`;
}
