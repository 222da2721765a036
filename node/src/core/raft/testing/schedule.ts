// SPDX-License-Identifier: Apache-2.0

import fc from 'fast-check';
import type { Cluster } from './cluster.ts';
import type { SimNode } from './sim-node.ts';

/** One step of a schedule; `a` and `b` choose among what there is at that moment. */
interface Step {
  readonly name: string;
  readonly weight: number;
  readonly run: (cluster: Cluster, a: number, b: number) => void;
}

function pick(cluster: Cluster, a: number): SimNode {
  return cluster.nodes[a % cluster.nodes.length] ?? cluster.node(1);
}

function at(cluster: Cluster, a: number): number {
  return a % Math.max(1, cluster.inFlight.length);
}

const steps: readonly Step[] = [
  { name: 'deliver', weight: 30, run: (cluster, a) => cluster.deliver(at(cluster, a)) },
  {
    name: 'deliverSome',
    weight: 20,
    run: (cluster, a) => {
      for (let left = a % 12; left > 0; left--) cluster.deliver(0);
    },
  },
  { name: 'drop', weight: 5, run: (cluster, a) => cluster.drop(at(cluster, a)) },
  { name: 'duplicate', weight: 4, run: (cluster, a) => cluster.duplicate(at(cluster, a)) },
  { name: 'append', weight: 25, run: (cluster, a) => pick(cluster, a).completeAppend() },
  { name: 'apply', weight: 15, run: (cluster, a) => pick(cluster, a).completeApply() },
  { name: 'tick', weight: 15, run: (cluster, a) => cluster.tick(pick(cluster, a)) },
  { name: 'tickAll', weight: 8, run: (cluster) => cluster.nodes.forEach((node) => cluster.tick(node)) },
  { name: 'round', weight: 12, run: (cluster) => cluster.round() },
  { name: 'propose', weight: 10, run: (cluster, a) => cluster.propose(pick(cluster, a)) },
  { name: 'proposeToLeader', weight: 6, run: (cluster) => withLeader(cluster, (leader) => cluster.propose(leader)) },
  { name: 'read', weight: 6, run: (cluster, a) => cluster.read(pick(cluster, a)) },
  { name: 'retryRead', weight: 3, run: (cluster) => cluster.retryRead() },
  { name: 'change', weight: 3, run: (cluster) => withLeader(cluster, (leader) => cluster.changeMembers(leader)) },
  { name: 'crash', weight: 2, run: (cluster, a, b) => pick(cluster, a).crash(b % 3) },
  { name: 'restart', weight: 5, run: (cluster, a) => pick(cluster, a).start() },
  {
    name: 'restartAll',
    weight: 1,
    run: (cluster) => {
      for (const node of cluster.nodes) node.start();
    },
  },
  { name: 'partition', weight: 2, run: (cluster, a, b) => cutOff(cluster, a, b) },
  {
    name: 'heal',
    weight: 3,
    run: (cluster) => {
      cluster.cutOff = new Set();
    },
  },
  { name: 'campaign', weight: 2, run: (cluster, a) => pick(cluster, a).input((raw) => raw.campaign()) },
  {
    name: 'transfer',
    weight: 2,
    run: (cluster, a) =>
      withLeader(cluster, (leader) => leader.input((raw) => raw.transferLeader(pick(cluster, a).id))),
  },
  { name: 'forgetLeader', weight: 1, run: (cluster, a) => pick(cluster, a).input((raw) => raw.forgetLeader()) },
  { name: 'compact', weight: 2, run: (cluster, a, b) => pick(cluster, a).disk.compact(b % 4) },
  {
    name: 'unreachable',
    weight: 1,
    run: (cluster, a, b) => pick(cluster, a).input((raw) => raw.reportUnreachable(pick(cluster, b).id)),
  },
];

const totalWeight = steps.reduce((sum, step) => sum + step.weight, 0);

function withLeader(cluster: Cluster, run: (leader: SimNode) => void): void {
  const leader = cluster.leader();
  if (leader !== undefined) run(leader);
}

function cutOff(cluster: Cluster, a: number, b: number): void {
  // Often the leader alone: the side that does not know what it lost.
  const leader = b % 2 === 0 ? cluster.leader() : undefined;
  cluster.cutOff = new Set([leader?.id ?? pick(cluster, a).id, ...(b % 3 === 0 ? [pick(cluster, b).id] : [])]);
}

function stepAt(point: number): Step | undefined {
  let rest = point % totalWeight;
  return steps.find((step) => (rest -= step.weight) < 0);
}

export type Schedule = readonly (readonly [number, number, number])[];

export function schedules(maxLength: number): fc.Arbitrary<Schedule> {
  const step = fc.tuple(fc.nat(totalWeight - 1), fc.nat(255), fc.nat(255));
  return fc.array(step, { minLength: 1, maxLength, size: 'max' });
}

/** Runs a schedule until it ends or the checker objects. */
export function runSchedule(cluster: Cluster, schedule: Schedule): void {
  for (const [point, a, b] of schedule) {
    if (cluster.violations.length > 0) return;
    stepAt(point)?.run(cluster, a, b);
  }
}

/** The same from the cluster's own source of randomness: for searches over seeds. */
export function runRandomSchedule(cluster: Cluster, length: number): void {
  for (let left = length; left > 0 && cluster.violations.length === 0; left--) {
    stepAt(cluster.random(totalWeight))?.run(cluster, cluster.random(256), cluster.random(256));
  }
}

/** A failing schedule in words. */
export function describeSchedule(schedule: Schedule): string {
  return schedule.map(([point, a, b]) => `${stepAt(point)?.name ?? '?'}(${a},${b})`).join(' ');
}
