// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { threadCpuSeconds } from '../load/cpu-time.ts';
import { measure } from '../load/measure.ts';
import { runOpenLoop, type OpenLoadResult } from '../load/open-loop.ts';
import { median } from '../load/rounds.ts';
import type { Target } from '../load/target.ts';
import type { Processes } from '../processes.ts';
import { describeMachine, type Machine } from '../report/machine.ts';
import { renderTable } from '../report/text.ts';
import { startDevCluster, type DevCluster, type NodeOfCluster } from '../shortlink/dev-cluster.ts';
import { rolesOf } from '../shortlink/leadership.ts';
import { createTarget } from '../shortlink/targets.ts';
import { gauge, storeBytes, uploadOnce, Uploads } from '../shortlink/uploads.ts';
import type { BenchPlan } from './plan.ts';

export interface SealPlan extends BenchPlan {
  /** `option=value` of the nodes: where the object store is, and what else differs from the defaults. */
  readonly settings: readonly string[];
}

/** Latencies of creates, in ms. */
interface Latencies {
  readonly operations: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  readonly failures: number;
}

interface Space {
  readonly hotKeys: number;
  /** Of RocksDB, on the leader. */
  readonly tables: number;
  readonly logs: number;
}

interface SealRound {
  readonly before: Latencies;
  readonly during: Latencies;
  readonly generations: number;
  /** Cores that each thread kept busy, of all nodes together, by its name. */
  readonly coresBefore: ReadonlyMap<string, number>;
  readonly coresDuring: ReadonlyMap<string, number>;
  readonly full: Space;
  readonly swept: Space;
}

export interface SealReport {
  readonly machine: Machine;
  /** Of a closed loop. */
  readonly maxPerSecond: number;
  /** Of the open loops. */
  readonly perSecond: number;
  readonly rounds: readonly SealRound[];
  /** Median p99 while generations leave over the median p99 before. */
  readonly ratio: number;
  readonly text: string;
}

/** Issue 4, C2. */
const aimRatio = 2;
const shareOfMax = 1 / 4;
const seed = 7_000_000;
/** A short log, so that what the tables take is what the rows take. */
const shortLog = 'raft.compactEntries=1000';
const idleCores = 0.05;
/** Threads below it are not shown. */
const leastCores = 0.005;
const idleLimitMs = 60_000;
const pollMs = 1000;

interface Bench {
  readonly plan: SealPlan;
  readonly cluster: DevCluster;
  readonly leader: NodeOfCluster;
  readonly target: Target;
}

/** Writers at a quarter of what the cluster can take, before and while generation after generation leaves it. */
export async function benchSeal(plan: SealPlan, processes: Processes): Promise<SealReport> {
  const machine = describeMachine(plan.folder);
  const { basePort } = plan;
  const settings = [shortLog, ...plan.settings];
  const folder = join(plan.folder, 'shortlink');
  const started = await startDevCluster(processes, { folder, nodes: 3, basePort, settings });
  const { leader, followers } = await rolesOf(started);
  const cluster = { ...started, nodes: [leader, ...followers] };
  const bench = { plan, cluster, leader, target: createTarget(cluster, seed) };
  const maxPerSecond = await fill(bench, plan.firstWarmUpMs);
  const perSecond = Math.floor(maxPerSecond * shareOfMax);
  const rounds: SealRound[] = [];
  for (let round = 0; round < plan.rounds; round++) {
    if (round > 0) await fill(bench, 0);
    rounds.push(await sealRound(bench, perSecond));
  }
  await processes.stopAll();
  const p99 = (pick: (round: SealRound) => Latencies): number => median(rounds.map((round) => pick(round).p99));
  const ratio = p99(({ during }) => during) / p99(({ before }) => before);
  const measured = { machine, maxPerSecond, perSecond, rounds, ratio };
  return { ...measured, text: render(measured) };
}

/** As many creates as go, so that the next generation is worth its name. @returns creates a second */
async function fill({ plan, target }: Bench, warmUpMs: number): Promise<number> {
  const clients = Math.max(...plan.clients);
  plan.progress(`${clients} clients, as fast as they can`);
  return (await measure(target, { clients, warmUpMs, measureMs: plan.measureMs })).opsPerSecond;
}

async function sealRound(bench: Bench, perSecond: number): Promise<SealRound> {
  const { plan, cluster, leader } = bench;
  await untilIdle(cluster);
  plan.progress(`${perSecond} creates a second, and nothing else`);
  const busyBefore = coresByThread(cluster);
  const before = latenciesOf(await openLoad(bench, perSecond));
  const coresBefore = busyBefore();
  const full = await spaceOf(leader);
  plan.progress(`${perSecond} creates a second, and generation after generation leaves`);
  const busyDuring = coresByThread(cluster);
  const uploads = new Uploads(leader);
  const during = latenciesOf(await openLoad(bench, perSecond));
  const coresDuring = busyDuring();
  await uploads.stop();
  const generations = uploads.retired;
  plan.progress('the rest leaves');
  await uploadOnce(leader);
  await untilIdle(cluster);
  return { before, during, generations, coresBefore, coresDuring, full, swept: await spaceOf(leader) };
}

/** Merges go on after generations are retired: they must not slow down the writers that are to be compared with. */
async function untilIdle(cluster: DevCluster): Promise<void> {
  const giveUpMs = performance.now() + idleLimitMs;
  while (performance.now() < giveUpMs) {
    const busy = coresByThread(cluster);
    await sleep(pollMs);
    if ((busy().get('chunk') ?? 0) < idleCores) return;
  }
}

async function openLoad({ target, plan }: Bench, perSecond: number): Promise<OpenLoadResult> {
  const session = await target.open();
  try {
    return await runOpenLoop(session.operate, { perSecond, warmUpMs: plan.warmUpMs, measureMs: plan.measureMs });
  } finally {
    await session.close();
  }
}

function latenciesOf({ operations, latency, failures }: OpenLoadResult): Latencies {
  const at = (percent: number): number => latency.percentileMs(percent);
  const failed = [...failures.values()].reduce((sum, count) => sum + count, 0);
  return { operations, p50: at(50), p99: at(99), p999: at(99.9), max: at(100), failures: failed };
}

/** Starts to watch the nodes; the answer is the mean number of cores that each thread has kept busy since. */
function coresByThread(cluster: DevCluster): () => ReadonlyMap<string, number> {
  const startMs = performance.now();
  const before = secondsByThread(cluster);
  return () => {
    const seconds = (performance.now() - startMs) / 1000;
    const after = secondsByThread(cluster);
    return new Map([...after].map(([thread, used]) => [thread, (used - (before.get(thread) ?? 0)) / seconds]));
  };
}

function secondsByThread(cluster: DevCluster): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const [thread, seconds] of cluster.pids().flatMap((pid) => [...threadCpuSeconds(pid)]))
    sums.set(thread, (sums.get(thread) ?? 0) + seconds);
  return sums;
}

async function spaceOf(node: NodeOfCluster): Promise<Space> {
  return { hotKeys: await gauge(node, 'shortlink_node_hot_keys'), ...storeBytes(node) };
}

function render({ machine, rounds, maxPerSecond, perSecond, ratio }: Omit<SealReport, 'text'>): string {
  const rows = rounds.flatMap((round, i) => [
    latencyCells(String(i + 1), 'creates only', round.before),
    latencyCells('', `${round.generations} generations leave`, round.during),
  ]);
  const space = rounds.flatMap((round, i) => [
    spaceCells(String(i + 1), 'before they leave', round.full),
    spaceCells('', 'after it', round.swept),
  ]);
  return [
    `${machine.cpus} × ${machine.cpuModel}, ${machine.system}, Node ${machine.node}; data on ${machine.fileSystem}; load average before ${machine.loadAverage.toFixed(1)}`,
    `open loop of ${perSecond} creates/s, a quarter of ${Math.round(maxPerSecond)}; latencies from when a create was due`,
    '',
    renderTable(['round', 'load', 'creates', 'p50 ms', 'p99 ms', 'p99.9 ms', 'max ms', 'failed'], rows),
    '',
    `median p99 while generations leave / before: ${ratio.toFixed(2)} (aim: ≤ ${aimRatio})`,
    '',
    renderTable(['cores of all nodes together', 'creates only', 'generations leave'], threadRows(rounds)),
    '',
    renderTable(['round', 'the leader', 'hot keys', 'tables MB', 'logs MB'], space),
  ].join('\n');
}

/** Medians, the busiest thread first. */
function threadRows(rounds: readonly SealRound[]): string[][] {
  const names = new Set(rounds.flatMap(({ coresDuring }) => [...coresDuring.keys()]));
  const cores = (of: (round: SealRound) => ReadonlyMap<string, number>, name: string): number =>
    median(rounds.map((round) => of(round).get(name) ?? 0));
  return [...names]
    .map((name) => ({
      name,
      before: cores((one) => one.coresBefore, name),
      during: cores((one) => one.coresDuring, name),
    }))
    .filter(({ during }) => during >= leastCores)
    .sort((a, b) => b.during - a.during)
    .map(({ name, before, during }) => [name, before.toFixed(2), during.toFixed(2)]);
}

function latencyCells(round: string, load: string, latencies: Latencies): string[] {
  const { operations, p50, p99, p999, max, failures } = latencies;
  const times = [p50, p99, p999, max].map((ms) => ms.toFixed(2));
  return [round, load, String(operations), ...times, String(failures)];
}

function spaceCells(round: string, when: string, { hotKeys, tables, logs }: Space): string[] {
  return [round, when, String(hotKeys), (tables / 1e6).toFixed(1), (logs / 1e6).toFixed(1)];
}
