// SPDX-License-Identifier: Apache-2.0
import type { FakePlatter } from '../../../../sim/disk.ts';
import type { MemoryBucket } from '../../../../sim/object-store/memory-bucket.ts';
import { candidatesMax } from '../../../core/lifecycle/chunk-set.ts';
import { chunkFormat } from '../../../core/lifecycle/testing/chunk-format.ts';
import type { LifecycleRecords } from '../../../core/lifecycle/view.ts';
import type { Command } from '../../../core/statemachine/commands.ts';
import type { ReadOp } from '../../../core/statemachine/reads.ts';
import type { EngineConfig } from '../../engine-config.ts';
import type { Replica } from '../../host/replica.ts';
import { create, readMany, write } from '../../testing/engine-client.ts';
import type { TestVolumes } from '../../testing/test-cluster.ts';
import { liveRows, strayRows } from '../../testing/shard-rows.ts';
import { ChunkCluster } from './chunk-cluster.ts';
import type { ChunkNode } from './chunk-cluster.ts';

/** What happens to a generation, in order; the last three to the chunk that it has become, and to older ones. */
export const stages = ['active', 'sealed', 'exported', 'placed', 'retired', 'merging', 'merged', 'replaced'] as const;
export type Stage = (typeof stages)[number];

/** The steps that lead out of a stage; nobody but the test seals. */
const waysOut: Readonly<Record<Stage, readonly Command['type'][]>> = {
  active: [],
  sealed: ['exported'],
  exported: ['redistribute'],
  placed: ['retire'],
  retired: ['merge'],
  merging: ['merged', 'mergeAbandoned'],
  merged: ['replace', 'mergeAbandoned'],
  replaced: [],
};

/** What nodes that have ended leave behind. */
export interface Left {
  readonly platters: readonly FakePlatter[];
  readonly bucket: MemoryBucket;
  readonly links: number;
}

const shard = 1;
const compactEntries = 10;
const maxCandidates = 3;
const older = maxCandidates - 1;
const linksOfGeneration = 12;
/** More than followers that are away find in the log. */
const compactedLinks = 60;
/** Rounds after which whatever does not wait for a held step has been done. */
const settleRounds = 10;

/** A cluster whose generations go on from stage to stage only as a test says. */
export class LifeCluster {
  readonly chunks: ChunkCluster;
  readonly #absent = new Set<ChunkNode>();
  #links: number;

  private constructor(chunks: ChunkCluster, links = 0) {
    this.chunks = chunks;
    this.#links = links;
  }

  /** Three nodes on what others have left. */
  static async open(left: Left, onStep: TestVolumes['onStep']): Promise<LifeCluster> {
    const { links, bucket } = left;
    const platters = left.platters.map((platter) => platter.fork());
    const options = { nodes: 3, bucket, platters, onStep, config: { compactEntries } };
    return new LifeCluster(await ChunkCluster.start(options), links);
  }

  /** Three nodes with as many chunks as can be without a merge. */
  static async start(config: Partial<EngineConfig> = {}): Promise<LifeCluster> {
    const life = new LifeCluster(
      await ChunkCluster.start({
        nodes: 3,
        sealAfterBytes: Number.MAX_SAFE_INTEGER,
        merges: { maxCandidates, targetBytes: 1200 },
        config: { compactEntries, ...config },
      }),
    );
    for (let i = 0; i < older; i++) {
      await life.load(linksOfGeneration);
      await life.seal();
      await life.settle();
    }
    await life.load(linksOfGeneration);
    return life;
  }

  get hasLeader(): boolean {
    return this.#present.some((node) => this.replica(node)?.isLeader === true);
  }

  get leader(): ChunkNode {
    return this.#some((node) => this.replica(node)?.isLeader === true);
  }

  /** Leads nothing, and nothing that is under way waits for it. */
  get follower(): ChunkNode {
    return this.#some((node) => this.replica(node)?.isLeader === false && !node.events.includes('mergeVerified'));
  }

  /** Of the replicas that are neither the leader's nor the node's. */
  other(than: ChunkNode): ChunkNode {
    return this.#some((node) => node !== than && this.replica(node)?.isLeader === false);
  }

  replica({ engine }: ChunkNode): Replica | undefined {
    return engine.host.replicasByShard.get(shard);
  }

  records(node: ChunkNode = this.leader): LifecycleRecords {
    const watched = node.driver.watch.latest.find((one) => one.shard === shard);
    return watched?.records ?? { generations: [], chunks: [], garbage: [] };
  }

  stage(): Stage {
    const { generations, chunks, merge } = this.records();
    const [sealed] = generations;
    if (sealed !== undefined) {
      if (sealed.placement !== undefined) return 'placed';
      return sealed.object === undefined ? 'sealed' : 'exported';
    }
    if (merge !== undefined) return merge.result === undefined ? 'merging' : 'merged';
    if (chunks.some(({ level }) => level > 0)) return 'replaced';
    return chunks.length > older ? 'retired' : 'active';
  }

  /** Moves the newest generation on to a stage, where it stays. */
  async advance(to: Stage): Promise<void> {
    if (to === 'active') return;
    this.chunks.isHeld = ({ type }) => waysOut[to].includes(type);
    if (this.stage() === 'active') await this.seal();
    await this.chunks.until(to, () => this.stage() === to);
    await this.rounds(settleRounds);
  }

  /** Everything goes on. */
  release(): void {
    this.chunks.isHeld = () => false;
  }

  /** Of what was sealed nothing is on its way any more, and nothing is being merged. */
  async settle(): Promise<void> {
    await this.chunks.until('rest', () =>
      this.#present.every((node) => {
        const { generations, chunks, merge } = this.records(node);
        const holdersMin = Math.min(...chunks.map(({ holders }) => holders.length));
        return generations.length === 0 && !merge && candidatesMax(chunks) < maxCandidates && holdersMin === 2;
      }),
    );
    await this.rounds(settleRounds);
  }

  async rounds(count: number): Promise<void> {
    for (let round = 0; round < count; round++) await this.chunks.round();
  }

  async seal(): Promise<void> {
    const { generations } = this.leader.driver.watch.latest.find((one) => one.shard === shard)?.view ?? {};
    const generation = generations?.[0]?.id ?? 1;
    const verdict = await write(this.chunks.cluster, this.leader.engine, {
      type: 'upload',
      generation,
      format: { ...chunkFormat, sampleBytes: 1000 },
    });
    if (verdict.kind !== 'lifecycle' || verdict.verdict !== 'done')
      throw new Error(`UPLOAD: ${JSON.stringify(verdict)}`);
    await this.rounds(1);
  }

  async load(count = linksOfGeneration): Promise<void> {
    for (let i = 0; i < count; i++, this.#links++)
      await write(this.chunks.cluster, this.leader.engine, create(`c${this.#links}`, urlOf(this.#links)));
  }

  /** Makes the log too short for whoever has applied no more than now. */
  async compact(): Promise<void> {
    const before = this.replica(this.leader)?.machine.appliedIndex ?? 0;
    await this.load(compactedLinks);
    const first = this.replica(this.leader)?.log.firstIndex() ?? 0;
    if (first <= before) throw new Error(`the log begins at ${first}, which is not behind ${before}`);
  }

  /** Ends all nodes in order. */
  async end(): Promise<Left> {
    const { cluster, bucket } = this.chunks;
    for (const i of cluster.engines.keys()) await cluster.stop(i);
    return { platters: cluster.platters, bucket, links: this.#links };
  }

  /** Until the node has applied what its leader has. */
  async caughtUp(node: ChunkNode): Promise<void> {
    const applied = (one: ChunkNode): number => this.replica(one)?.machine.appliedIndex ?? 0;
    await this.chunks.cluster.until('it to catch up', () => applied(node) === applied(this.leader));
  }

  /** What a node finds instead of links that were created, and of one that was not. */
  async misread(node: ChunkNode): Promise<string[]> {
    const codes = Array.from({ length: this.#links }, (_, i) => `c${i}`);
    const operations = [...codes, 'absent'].map((code): ReadOp => ({ type: 'link', code }));
    const results = await readMany(this.chunks.cluster, node.engine, operations);
    const urls = results.map((result) => (result.kind === 'link' ? result.link.url : result.kind));
    const expected = [...codes.map((_, i) => urlOf(i)), 'notFound'];
    return urls.filter((url, i) => url !== expected[i]);
  }

  rows({ engine }: ChunkNode): readonly string[] {
    return liveRows(engine.deps.store, shard);
  }

  strays({ engine }: ChunkNode): readonly string[] {
    return strayRows(engine.deps.store, shard);
  }

  /** Nobody hears the node any more. It may go on with whatever it believes to be its work. */
  leave(node: ChunkNode, works: boolean): void {
    this.chunks.cluster.network.cut(node.engine.nodeId);
    node.isAway = !works;
    this.#absent.add(node);
  }

  /** The node is reached again; its work rests until it `works`. */
  comeBack(node: ChunkNode): void {
    this.chunks.cluster.network.heal(node.engine.nodeId);
    node.isAway = true;
    this.#absent.delete(node);
  }

  get #present(): readonly ChunkNode[] {
    return this.chunks.nodes.filter((node) => !this.#absent.has(node));
  }

  #some(isRight: (node: ChunkNode) => boolean): ChunkNode {
    const found = this.#present.find(isRight);
    if (found === undefined) throw new Error('there is no such node');
    return found;
  }
}

function urlOf(link: number): string {
  return `https://example.com/${link}`;
}
