// SPDX-License-Identifier: Apache-2.0
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { defined } from '@shortlink/common/assert.ts';
import { threadCpuSeconds } from '../load/cpu-time.ts';
import { measure } from '../load/measure.ts';
import { findProgram, isRunning, waitUntilReady, type Processes, type ProgramToStart } from '../processes.ts';
import { summarize, type CpuProfile, type ThreadProfile, type Window } from '../profile/cpu-profile.ts';
import { runWrk, wrkScript } from '../redirects/wrk.ts';
import { renderTable } from '../report/text.ts';
import { isReady, pidOf, startDevCluster, type NodeOfCluster } from '../shortlink/dev-cluster.ts';
import { makeLeader } from '../shortlink/leadership.ts';
import { seedLinks } from '../shortlink/seed-links.ts';
import { createTarget } from '../shortlink/targets.ts';
import type { BenchPlan } from './plan.ts';

export interface ProfileReport {
  readonly loads: readonly ProfiledLoad[];
  readonly text: string;
}

interface ProfiledLoad {
  readonly load: string;
  readonly operations: number;
  readonly seconds: number;
  /** CPU by thread of each node, as the system counts it: waiting is not in it. */
  readonly cpu: readonly { readonly thread: string; readonly seconds: number }[];
  readonly threads: readonly ThreadProfile[];
}

const root = fileURLToPath(new URL('../../../', import.meta.url));
const seed = 5_000_000;
const stopLimitMs = 30_000;
const shownFunctions = 40;
const shownFiles = 20;
/** Threads below this share of the time did nothing for the load. */
const leastBusy = 0.02;

/** Runs the leader and a follower of a three-node cluster under the V8 profiler, with creates and with redirects. */
export async function profileNode(plan: BenchPlan, processes: Processes): Promise<ProfileReport> {
  const folder = join(plan.folder, 'shortlink');
  const cluster = await startDevCluster(processes, { folder, nodes: 3, basePort: plan.basePort, settings: [] });
  const profiled: { role: string; child: ChildProcess; folder: string }[] = [];
  for (const [i, role] of ['follower', 'leader'].entries()) {
    const node = defined(cluster.nodes[i], `node ${i}`);
    plan.progress(`${node.name} starts again under the profiler`);
    const profiles = join(plan.folder, role);
    profiled.push({ role, child: await restartProfiled(processes, node, profiles), folder: profiles });
  }
  const leader = defined(cluster.nodes[1], 'the second node');
  await makeLeader(leader);
  const clients = Math.max(...plan.clients);

  plan.progress(`creates, ${clients} clients`);
  const target = createTarget(cluster, seed);
  await measure(target, { clients, warmUpMs: plan.firstWarmUpMs, measureMs: plan.warmUpMs });
  const roles = new Map(cluster.nodes.map((node) => [node, node === leader ? 'leader' : `follower ${node.name}`]));
  const creates = await within(roles, async () => measure(target, { clients, warmUpMs: 0, measureMs: plan.measureMs }));
  const redirects = await profiledRedirects(plan, leader, roles);
  plan.progress('waiting for the profiles');
  await Promise.all(profiled.map(async ({ child }) => stopAndWait(child)));

  const read = profiled.flatMap(({ role, folder: profiles }) =>
    profilesIn(profiles).map((profile) => ({ role, profile })),
  );
  const seconds = plan.measureMs / 1000;
  const loadOf = (load: string, opsPerSecond: number, { window, cpu }: Watched): ProfiledLoad => ({
    load,
    operations: opsPerSecond * seconds,
    seconds,
    cpu,
    threads: read
      .map(({ role, profile }) => ({ role, summary: summarize(profile, window, root) }))
      .filter(({ summary }) => summary.busy >= leastBusy)
      .map(({ role, summary }) => ({ ...summary, thread: `${summary.thread} of the ${role}` })),
  });
  const loads = [loadOf(`creates, ${clients} clients`, creates.result.opsPerSecond, creates)];
  if (redirects !== undefined) {
    const { requestsPerSecond } = redirects.result;
    loads.push(loadOf(`redirects at the leader, ${plan.connections} connections`, requestsPerSecond, redirects));
  }
  return { loads, text: loads.map(renderLoad).join('\n\n') };
}

async function profiledRedirects(plan: BenchPlan, node: NodeOfCluster, roles: Roles) {
  const wrk = findProgram('wrk');
  if (wrk === undefined) {
    plan.note('wrk is not in PATH: redirects are not profiled');
    return undefined;
  }
  const links = await seedLinks(node, plan.codes, seed + 1);
  const files = { script: join(plan.folder, 'codes.lua'), codes: join(plan.folder, 'codes.txt') };
  writeFileSync(files.script, wrkScript);
  writeFileSync(files.codes, `${links.map((link) => link.code).join('\n')}\n`);
  const load = { command: wrk, ...files, url: `http://${node.redirect}`, connections: plan.connections };
  plan.progress(`redirects, ${plan.connections} connections`);
  await runWrk({ ...load, seconds: plan.warmUpMs / 1000 });
  return within(roles, async () => runWrk({ ...load, seconds: plan.measureMs / 1000 }));
}

type Roles = ReadonlyMap<NodeOfCluster, string>;

interface Watched {
  readonly window: Window;
  readonly cpu: ProfiledLoad['cpu'];
}

/** Profiles carry times of the monotonic clock, which all processes of a machine share. */
async function within<T>(roles: Roles, run: () => Promise<T>): Promise<Watched & { readonly result: T }> {
  const nowMicros = (): number => Number(process.hrtime.bigint() / 1000n);
  const cpuNow = (): Map<string, number> => {
    const threads = new Map<string, number>();
    for (const [node, role] of roles) {
      for (const [name, seconds] of threadCpuSeconds(pidOf(node)[0] ?? 0))
        threads.set(`${name} of the ${role}`, seconds);
    }
    return threads;
  };
  const before = cpuNow();
  const fromMicros = nowMicros();
  const result = await run();
  const toMicros = nowMicros();
  const cpu = [...cpuNow()].map(([thread, seconds]) => ({ thread, seconds: seconds - (before.get(thread) ?? 0) }));
  return { result, window: { fromMicros, toMicros }, cpu: cpu.toSorted((a, b) => b.seconds - a.seconds) };
}

async function restartProfiled(processes: Processes, node: NodeOfCluster, profiles: string): Promise<ChildProcess> {
  mkdirSync(profiles, { recursive: true });
  const [pid] = pidOf(node);
  if (pid !== undefined) process.kill(pid, 'SIGTERM');
  const giveUpMs = performance.now() + stopLimitMs;
  while (pidOf(node).length > 0 && performance.now() < giveUpMs) await sleep(100);
  const program: ProgramToStart = {
    command: join(root, 'tools', 'bin', 'node24'),
    args: [
      '--cpu-prof',
      `--cpu-prof-dir=${profiles}`,
      join(root, 'node', 'src', 'cli', 'main.ts'),
      'node',
      `--config=${node.configFile}`,
    ],
    logFile: join(profiles, 'node.log'),
  };
  const child = processes.start(program);
  await waitUntilReady(child, program, { limitMs: stopLimitMs, ready: async () => isReady(node) });
  return child;
}

/** The profiler writes its files at the end. */
async function stopAndWait(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM');
  const giveUpMs = performance.now() + stopLimitMs;
  while (isRunning(child) && performance.now() < giveUpMs) await sleep(100);
}

function profilesIn(folder: string): CpuProfile[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.cpuprofile'))
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as CpuProfile);
}

function renderLoad({ load, operations, seconds, cpu, threads }: ProfiledLoad): string {
  const micros = (value: number): string => (value / Math.max(1, operations)).toFixed(2);
  const percent = (share: number): string => (share * 100).toFixed(1);
  const rows = (times: ThreadProfile['functions'], count: number): string[][] =>
    times.slice(0, count).map((time) => [micros(time.micros), percent(time.share), time.name]);
  const parts = threads.map((thread) => {
    const busyMicros = thread.functions.reduce((sum, time) => sum + time.micros, 0);
    return [
      `thread ${thread.thread}: busy ${percent(thread.busy)} %, ${micros(busyMicros)} µs/op`,
      renderTable(['self µs/op', 'self %', 'function'], rows(thread.functions, shownFunctions)),
      '',
      renderTable(['self µs/op', 'self %', 'file'], rows(thread.files, shownFiles)),
    ].join('\n');
  });
  const cpuRows = cpu
    .filter((thread) => thread.seconds / seconds >= leastBusy / 2)
    .map((thread) => [micros(thread.seconds * 1e6), percent(thread.seconds / seconds), thread.thread]);
  const rate = Math.round(operations / seconds).toLocaleString('en-US');
  return [
    `${load}: ${rate}/s under the profiler`,
    renderTable(['CPU µs/op', 'CPU %', 'thread'], cpuRows),
    ...parts,
  ].join('\n\n');
}
