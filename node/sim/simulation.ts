// SPDX-License-Identifier: Apache-2.0
import { metaShardId } from '@shortlink/common/ids.ts';
import type { ChunkEvent } from '../src/engine/chunks/chunk-context.ts';
import { hotRowsOf, storedRowsOf } from './checkers/hot-tier.ts';
import { checkLinearizability } from './checkers/linearizability.ts';
import { Violations } from './checkers/violations.ts';
import type { Violation } from './checkers/violations.ts';
import { Cluster } from './cluster.ts';
import { Faults } from './faults.ts';
import { History } from './history.ts';
import type { Mutation } from './mutants/mutant.ts';
import { profileOf } from './profile.ts';
import type { FaultName } from './profile.ts';
import { Workload } from './workload.ts';
import { World } from './world.ts';
import type { WorldOptions } from './world.ts';

const second = 1_000_000;
/** After everything was repaired: leaders, caught-up replicas and finished membership changes within this time. */
const healingUs = 120 * second;

/** After the last write, all rows have left the hot tier within this time. */
const retirementUs = 180 * second;

/** Reads of the end that are under way at the same time. */
const readersMax = 16;

export interface SimulationOptions extends WorldOptions {
  /** How long faults go on, in simulated time. */
  readonly faultyUs: number;
  readonly mutation?: Mutation | undefined;
}

export interface SimulationReport {
  readonly seed: number;
  readonly violations: readonly Violation[];
  readonly simulatedUs: number;
  readonly traceHash: string;
  readonly events: number;
  readonly operations: number;
  readonly answered: number;
  readonly committedEntries: number;
  /** Generations that became chunks. */
  readonly retired: number;
  /** What nodes did with chunks, and how often. */
  readonly chunkEvents: ReadonlyMap<ChunkEvent, number>;
  readonly faults: ReadonlyMap<FaultName, number>;
  readonly history: History;
}

/** One run, decided by its seed alone: faults, then repair, then everything that was acknowledged must be there. */
export async function simulate(options: SimulationOptions): Promise<SimulationReport> {
  const world = new World(options);
  const drawn = profileOf(world.random('profile'));
  const profile = options.mutation?.profile?.(drawn) ?? drawn;
  world.note('profile', JSON.stringify(profile));
  let isOver = false;
  const violations = new Violations(({ property, message }) => {
    isOver = true;
    world.note('VIOLATION', `${property}: ${message}`);
  });
  const cluster = new Cluster({ world, profile, violations, mutation: options.mutation ?? {} });
  const history = new History(world);
  const { clients, thinkMs } = profile;
  const gatewayOf = cluster.gatewayOf.bind(cluster);
  const workload = new Workload({ world, nodes: cluster.nodes, gatewayOf, history, violations, clients, thinkMs });
  const faults = new Faults(cluster, profile);
  const run: Run = { world, cluster, workload, faults, history, violations, options };
  void play(run, profile.faultsFromStart)
    .catch((error: unknown) =>
      violations.add('simulator', error instanceof Error ? (error.stack ?? error.message) : String(error)),
    )
    .finally(() => {
      isOver = true;
    });
  await world.run(Number.MAX_SAFE_INTEGER, () => isOver);
  if (violations.found.length === 0) checkLinearizability(history.operations, violations);
  return {
    seed: options.seed,
    violations: violations.found,
    simulatedUs: world.nowUs,
    traceHash: world.traceHash,
    events: world.eventCount,
    operations: history.operations.length,
    answered: history.operations.filter(({ output }) => output !== undefined).length,
    committedEntries: cluster.invariants.committedCount,
    retired: cluster.chunks.retiredCount,
    chunkEvents: cluster.chunkEvents,
    faults: faults.counts,
    history,
  };
}

interface Run {
  readonly world: World;
  readonly cluster: Cluster;
  readonly workload: Workload;
  readonly faults: Faults;
  readonly history: History;
  readonly violations: Violations;
  readonly options: SimulationOptions;
}

async function play(run: Run, faultsFromStart: boolean): Promise<void> {
  const { world, cluster, workload, faults, options } = run;
  for (const node of cluster.founders) node.start();
  if (!faultsFromStart) await reach(run, 'formation', 20 * second, () => isServing(cluster));
  workload.start();
  void faults.run();
  await world.sleep(options.faultyUs);
  faults.stop();
  world.note('phase', 'healing');
  await reach(run, 'recovery', healingUs, () => isServing(cluster) && faults.membership.isSettled());
  await world.sleep(2 * second);
  workload.stop();
  await reach(run, 'answers', 60 * second, () => workload.isIdle);
  await reach(run, 'convergence', 30 * second, () => isConverged(cluster));
  if (cluster.hasChunks) {
    await reach(run, 'retirement', retirementUs, () => isCold(cluster));
    checkHotTier(run);
    // What the store has is enough: copies only make it faster.
    if (world.random('the end').chance(0.5)) for (const { copies } of cluster.nodes) copies.files.clear();
  }
  await readEverything(run);
}

/** Liveness: the condition holds within a bounded time. */
async function reach(run: Run, what: string, withinUs: number, condition: () => boolean): Promise<void> {
  const { world, violations, cluster } = run;
  for (const endUs = world.nowUs + withinUs; !condition();) {
    if (world.nowUs > endUs) {
      violations.add(
        'liveness',
        `no ${what} within ${withinUs / second} simulated seconds: ${describeCluster(cluster)}`,
      );
      await world.sleep(Number.MAX_SAFE_INTEGER - world.nowUs);
    }
    await world.sleep(second / 4);
  }
}

/** Every member says that it serves, and each shard has a leader that its replicas agree on. */
function isServing(cluster: Cluster): boolean {
  const map = cluster.newestMap();
  if (map === undefined) return false;
  const members = cluster.live.filter((node) => map.nodes.some(({ id }) => id === node.lastNodeId));
  if (members.length === 0 || !members.every((node) => node.process?.engine.health().ready === true)) return false;
  return [metaShardId, ...map.shards.map(({ id }) => id)].every((shard) =>
    cluster.replicasOf(shard).some((replica) => replica.isLeader),
  );
}

function isConverged(cluster: Cluster): boolean {
  const map = cluster.newestMap();
  return (map?.shards ?? []).every(({ id, replicas }) => {
    const states = cluster
      .replicasOf(id)
      .filter((replica) => replicas.some((planned) => planned.id === replica.key.replicaId));
    return new Set(states.map(({ machine }) => `${machine.appliedIndex} ${machine.status().stateHash}`)).size <= 1;
  });
}

/** Nothing is left in the hot tier, as its replicas say. */
function isCold(cluster: Cluster): boolean {
  return hotReplicas(cluster, hotRowsOf).length === 0;
}

/** The hot tier is bounded: what was retired is swept, wherever it was. */
function checkHotTier({ cluster, violations }: Run): void {
  for (const place of hotReplicas(cluster, storedRowsOf))
    violations.add('hot state is bounded', `${place} rows lie in the hot tier after all generations were retired`);
}

function hotReplicas(cluster: Cluster, rowsOf: typeof hotRowsOf): string[] {
  return (cluster.newestMap()?.shards ?? []).flatMap(({ id }) =>
    cluster.live.flatMap(({ name, process }) => {
      const replica = process?.engine.host.replicasByShard.get(id);
      const rows = process === undefined || replica === undefined ? 0 : rowsOf(replica, process.store);
      return rows === 0 ? [] : [`${name}, shard ${id}: ${rows}`];
    }),
  );
}

/** Everything that was acknowledged, through every node; the linearizability check judges what they say. */
async function readEverything({ cluster, workload, history, violations, world }: Run): Promise<void> {
  const map = cluster.newestMap();
  const keys = new Map(history.operations.map(({ kind, input }) => [`${kind} ${input.key}`, { kind, key: input.key }]));
  for (const node of cluster.live.filter(({ lastNodeId }) => map?.nodes.some(({ id }) => id === lastNodeId))) {
    await sideBySide([...keys.values()], async ({ kind, key }) => {
      if (await workload.readThrough(node, kind, key)) return;
      violations.add('liveness', `${node.name} cannot read ${kind} ${key} after all was repaired`);
    });
    await workload.checkBatches(node);
    await sideBySide([...workload.generated], async ([code, url]) => {
      const found = await workload.resolveThrough(node, code);
      if (found === url) return;
      violations.add('durability', `link ${code} was acknowledged to lead to ${url}; ${node.name} finds ${found}`);
    });
  }
  world.note('phase', 'done');
}

/** A few at a time, so that the simulated time does not pass with waiting. */
async function sideBySide<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const worker = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await run(item);
  };
  await Promise.all(Array.from({ length: readersMax }, worker));
}

function describeCluster(cluster: Cluster): string {
  return cluster.nodes
    .map(({ name, process }) => {
      if (process === undefined) return `${name} is down`;
      const { engine } = process;
      const replicas = [...engine.host.replicasByShard.values()].map((replica) => {
        const { role, hardState } = replica.status();
        const { voters, learners } = replica.machine.confState;
        const { generations, timeMs } = replica.machine.status();
        const hot = generations.map(({ id, rows }) => `${id}:${rows}`).join('+');
        return `${replica.shard}/${replica.key.replicaId} ${role} t${hardState.term} ${replica.machine.appliedIndex}/${hardState.commit} [${voters.join()};${learners.join()}] rows ${hot} at ${timeMs}`;
      });
      return `\n${name} ${engine.nodeId} at ${process.clock.nowMs()} waits for ${engine.health().waitingFor ?? 'nothing'}, map ${engine.volume.map?.epoch}: ${replicas.join(', ')}`;
    })
    .join('');
}
