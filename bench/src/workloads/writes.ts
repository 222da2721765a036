// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { startEtcd } from '../etcd/etcd-cluster.ts';
import { etcdPutTarget } from '../etcd/etcd-target.ts';
import { measure } from '../load/measure.ts';
import { interleave } from '../load/rounds.ts';
import type { Target } from '../load/target.ts';
import { findProgram, programVersion, type Processes } from '../processes.ts';
import type { Comparison, Contender, Round } from '../report/comparison.ts';
import { startDevCluster } from '../shortlink/dev-cluster.ts';
import { rolesOf } from '../shortlink/leadership.ts';
import { createTarget, putTarget } from '../shortlink/targets.ts';
import { peerPorts, type BenchPlan } from './plan.ts';

const seeds = { create: 1_000_000, put: 2_000_000, etcd: 3_000_000 };
/** At the highest number of clients. */
const aims = { create: 1.5, put: undefined } as const;

/** Durable creates of links and puts of pairs, against puts of three etcd members. */
export async function benchWrites(plan: BenchPlan, processes: Processes): Promise<Comparison[]> {
  const started = await startDevCluster(processes, {
    folder: join(plan.folder, 'shortlink'),
    nodes: 3,
    basePort: plan.basePort,
    settings: [],
  });
  const etcd = await startPeer(plan, processes);
  // The first clients go to the leader, as all do with etcd.
  const { leader, followers } = await rolesOf(started);
  const ours = { ...started, nodes: [leader, ...followers] };
  const targets = [createTarget(ours, seeds.create), putTarget(ours, seeds.put), ...(etcd === undefined ? [] : [etcd])];
  const most = Math.max(...plan.clients);
  for (const target of targets) {
    plan.progress(`${target.name} warms up`);
    await measure(target, { clients: most, warmUpMs: plan.firstWarmUpMs, measureMs: plan.warmUpMs });
  }
  const comparisons: Comparison[] = [];
  for (const clients of plan.clients) {
    const load = { clients, warmUpMs: plan.warmUpMs, measureMs: plan.measureMs };
    const rounds = await interleave(
      targets.map((target) => async () => {
        plan.progress(`${target.name}, ${clients} clients`);
        return measure(target, load);
      }),
      plan.rounds,
    );
    const [create, put, peer] = targets.map((target, i) => contender(target, rounds[i] ?? []));
    const isLast = clients === most;
    if (create === undefined || put === undefined) continue;
    comparisons.push(
      { workload: 'durable create', clients, ours: create, peer, aim: isLast ? aims.create : undefined },
      { workload: 'durable put', clients, ours: put, peer, aim: isLast ? aims.put : undefined },
    );
  }
  await processes.stopAll();
  return comparisons;
}

async function startPeer(plan: BenchPlan, processes: Processes): Promise<Target | undefined> {
  const command = findProgram('etcd');
  if (command === undefined) {
    plan.note('etcd is not in PATH: durable writes run without their peer');
    return undefined;
  }
  const folder = join(plan.folder, 'etcd');
  const cluster = await startEtcd(processes, { command, folder, basePort: plan.basePort + peerPorts.etcd });
  return etcdPutTarget(cluster, programVersion(command, '--version'), seeds.etcd);
}

function contender({ name, durable, clients }: Target, rounds: readonly Round[]): Contender {
  return { name, durable, clients, rounds };
}
