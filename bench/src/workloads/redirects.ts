// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { coresUsedBy } from '../load/measure.ts';
import { interleave } from '../load/rounds.ts';
import { startNginx } from '../nginx/nginx.ts';
import { findProgram, programVersion, type Processes } from '../processes.ts';
import { checkRedirects } from '../redirects/check-redirects.ts';
import { runWrk, wrkScript, type WrkPlan } from '../redirects/wrk.ts';
import type { Comparison, Contender, Round } from '../report/comparison.ts';
import { startDevCluster } from '../shortlink/dev-cluster.ts';
import { rolesOf } from '../shortlink/leadership.ts';
import { seedLinks, type SeededLink } from '../shortlink/seed-links.ts';
import { peerPorts, type BenchPlan } from './plan.ts';

const seed = 4_000_000;
const aim = 0.25;
const wrkNote = 'wrk, one thread, every code in turn';

interface Listener {
  readonly name: string;
  readonly url: string;
  readonly pids: () => readonly number[];
  readonly clients: string;
}

/** Redirects of cached links with one serving thread, asked at the leader and at a follower, against nginx. */
export async function benchRedirects(plan: BenchPlan, processes: Processes): Promise<Comparison[]> {
  const wrk = findProgram('wrk');
  if (wrk === undefined) {
    plan.note('wrk is not in PATH: redirects are not measured');
    return [];
  }
  const { ours, links } = await startOurs(plan, processes);
  const peer = await startPeer(plan, processes);
  const load = { command: wrk, ...writeFiles(plan.folder, links), connections: plan.connections };
  const listeners = [...ours, ...(peer === undefined ? [] : [peer])];
  const run = async (listener: Listener, seconds: number): Promise<Round> =>
    measureListener(listener, { ...load, url: listener.url, seconds });
  for (const listener of listeners) {
    plan.progress(`${listener.name} warms up`);
    if (plan.firstWarmUpMs > 0) await run(listener, plan.firstWarmUpMs / 1000);
  }
  const rounds = await interleave(
    listeners.map((listener) => async () => {
      plan.progress(`${listener.name}, ${plan.connections} connections`);
      await run(listener, plan.warmUpMs / 1000);
      return run(listener, plan.measureMs / 1000);
    }),
    plan.rounds,
  );
  const contenders = listeners.map(({ name, clients }, i): Contender => ({
    name,
    durable: '',
    clients,
    rounds: rounds[i] ?? [],
  }));
  await processes.stopAll();
  const nginx = peer === undefined ? undefined : contenders.at(-1);
  return contenders.slice(0, ours.length).map((contender, i) => ({
    workload: `redirect at ${i === 0 ? 'the leader' : 'a follower'}`,
    clients: plan.connections,
    ours: contender,
    peer: nginx,
    aim,
  }));
}

async function startOurs(plan: BenchPlan, processes: Processes): Promise<{ ours: Listener[]; links: SeededLink[] }> {
  const cluster = await startDevCluster(processes, {
    folder: join(plan.folder, 'shortlink'),
    nodes: 3,
    basePort: plan.basePort,
    settings: ['redirect.threads=1'],
  });
  const { leader, followers } = await rolesOf(cluster);
  plan.progress(`creating ${plan.codes} links`);
  const links = await seedLinks(leader, plan.codes, seed);
  const ours = [leader, ...followers.slice(0, 1)].map((node) => ({
    name: 'shortlink',
    url: `http://${node.redirect}`,
    pids: cluster.pids,
    clients: `linearizable, one redirect thread in the node that is asked, server cores are those of all three nodes; ${wrkNote}`,
  }));
  for (const { url } of ours) await checkRedirects(url, links);
  return { ours, links };
}

async function startPeer(plan: BenchPlan, processes: Processes): Promise<Listener | undefined> {
  const command = findProgram('nginx');
  if (command === undefined) {
    plan.note('nginx is not in PATH: redirects run without their peer');
    return undefined;
  }
  const folder = join(plan.folder, 'nginx');
  const { url, pids } = await startNginx(processes, { command, folder, port: plan.basePort + peerPorts.nginx });
  const name = `nginx ${programVersion(command, '-v')}`;
  return { name, url, pids: () => pids, clients: `return 302, one worker, no access log; ${wrkNote}` };
}

function writeFiles(folder: string, links: readonly SeededLink[]): Pick<WrkPlan, 'script' | 'codes'> {
  const files = { script: join(folder, 'codes.lua'), codes: join(folder, 'codes.txt') };
  writeFileSync(files.script, wrkScript);
  writeFileSync(files.codes, `${links.map((link) => link.code).join('\n')}\n`);
  return files;
}

async function measureListener(listener: Listener, load: WrkPlan): Promise<Round> {
  const serverCores = coresUsedBy(listener.pids());
  const result = await runWrk(load);
  return {
    opsPerSecond: result.requestsPerSecond,
    p50Ms: result.p50Ms,
    p99Ms: result.p99Ms,
    failures: result.failures,
    serverCores: serverCores(),
    loadCores: undefined,
  };
}
