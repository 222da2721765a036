// SPDX-License-Identifier: Apache-2.0
import type { ClusterMap } from '../src/core/cluster/cluster-map.ts';
import type { ChunkEvent } from '../src/engine/chunks/chunk-context.ts';
import type { ChunkWorkPorts } from '../src/engine/chunks/open-chunk-work.ts';
import type { Replica } from '../src/engine/host/replica.ts';
import { turn } from '../src/engine/host/turn.ts';
import type { Turn } from '../src/engine/host/turn.ts';
import { checkedTurn } from './checkers/checked-turn.ts';
import { ChunkInvariants } from './checkers/chunk-invariants.ts';
import { PromiseChecker } from './checkers/promises.ts';
import { RaftInvariants } from './checkers/raft-invariants.ts';
import type { Violations } from './checkers/violations.ts';
import { ChunkFaults } from './chunks/chunk-faults.ts';
import { promisesOf } from './chunks/chunk-profile.ts';
import type { ChunkWorld } from './chunks/chunk-world.ts';
import { WatchedChunkFiles } from './chunks/watched-chunk-files.ts';
import { engineConfig } from './engine-configs.ts';
import { Gateway } from './gateway.ts';
import { alteredMachines } from './mutants/altered-machines.ts';
import type { Mutation } from './mutants/mutant.ts';
import { Network } from './network.ts';
import { MemoryBucket } from './object-store/memory-bucket.ts';
import type { Profile } from './profile.ts';
import { SimNode } from './sim-node.ts';
import { CrashSignal } from './sim-process.ts';
import type { ProcessHooks, SimProcess } from './sim-process.ts';
import type { World } from './world.ts';

const tickMs = 100;
const callTimeoutMs = 3_000;

export interface ClusterOptions {
  readonly world: World;
  readonly profile: Profile;
  readonly violations: Violations;
  readonly mutation: Mutation;
}

/** The machines of a run, the network between them, and the checkers that watch each process. */
export class Cluster {
  readonly world: World;
  readonly network: Network;
  readonly invariants: RaftInvariants;
  readonly promises: PromiseChecker;
  readonly chunks: ChunkInvariants;
  /** What outlives all nodes. */
  readonly bucket: MemoryBucket;
  readonly chunkFaults: ChunkFaults;
  readonly chunkEvents = new Map<ChunkEvent, number>();
  /** The founders first. */
  readonly nodes: readonly SimNode[];
  readonly #gateways = new Map<SimProcess, Gateway>();
  readonly #options: ClusterOptions;

  constructor(options: ClusterOptions) {
    const { world, profile, violations } = options;
    this.#options = options;
    this.world = world;
    this.invariants = new RaftInvariants(violations);
    this.promises = new PromiseChecker(violations);
    this.chunkFaults = new ChunkFaults(world.random('chunk faults'));
    this.bucket = new MemoryBucket((name) => this.chunks.deleting(name));
    this.chunks = new ChunkInvariants(world, { bucket: this.bucket, violations, promises: promisesOf(profile.chunks) });
    this.network = new Network(world, {
      delayUs: profile.delayUs,
      lateFrames: true,
      snapshotCutChance: profile.snapshotCutChance,
      onSend: (_from, frame) => this.promises.sending(frame),
    });
    const names = Array.from({ length: profile.founders + profile.spares }, (_, i) => `n${i + 1}`);
    const founders = names.slice(0, profile.founders);
    const { initialShards, compactEntries, compactBytes, ring, chunks } = profile;
    const maxHotBytes = chunks?.maxHotBytes;
    const hooks = this.#hooks();
    this.nodes = names.map((name) => {
      const config = engineConfig({ name, founders, initialShards, compactEntries, compactBytes, ring, maxHotBytes });
      return new SimNode({ world, network: this.network, config, hooks });
    });
  }

  /** There is an object store. */
  get hasChunks(): boolean {
    return this.#options.profile.chunks !== undefined;
  }

  get founders(): readonly SimNode[] {
    return this.nodes.slice(0, this.#options.profile.founders);
  }

  get live(): readonly SimNode[] {
    return this.nodes.filter((node) => node.process !== undefined);
  }

  /** The serving part of the process that runs on a node; undefined while it is down. */
  gatewayOf(node: SimNode): Gateway | undefined {
    return node.process === undefined ? undefined : this.#gateways.get(node.process);
  }

  /** The newest map that any process knows. */
  newestMap(): ClusterMap | undefined {
    let newest: ClusterMap | undefined;
    for (const { process } of this.live) {
      const map = process?.engine.volume.map;
      if (map !== undefined && map.epoch > (newest?.epoch ?? 0)) newest = map;
    }
    return newest;
  }

  /** Replicas of a shard in processes that run. */
  replicasOf(shard: number): Replica[] {
    return this.live.flatMap(({ process }) => {
      const replica = process?.engine.host.replicasByShard.get(shard);
      return replica === undefined ? [] : [replica];
    });
  }

  #hooks(): ProcessHooks {
    const { mutation, violations, world } = this.#options;
    const base: Turn = mutation.turn ?? turn;
    const checkers = { invariants: this.invariants, promises: this.promises, chunks: this.chunks };
    return {
      tickMs,
      honoursSync: mutation.honoursSync ?? true,
      linkVersionsFor: mutation.linkVersionsFor,
      turnFor: (process) => checkedTurn(alteredMachines(base, mutation, process), checkers, () => process.store),
      coldTier: mutation.coldTier ?? ((tier) => tier),
      chunks: this.#chunkWorld(),
      onDefect: (process, error) => {
        if (error instanceof CrashSignal) return;
        const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
        violations.add('no defects', `the process of ${process.name} ended by itself: ${text}`);
      },
      onStarted: (process) => {
        const engine = mutation.engineFor?.(process) ?? process.engine;
        this.#gateways.set(process, new Gateway(world, process, { timeoutMs: callTimeoutMs, engine }));
        for (const replica of process.engine.host.replicasByShard.values()) {
          this.invariants.recovered(replica);
          this.promises.recovered(replica);
          this.chunks.look(replica, process.store);
        }
      },
    };
  }
  #chunkWorld(): ChunkWorld | undefined {
    const { profile, mutation } = this.#options;
    if (profile.chunks === undefined) return undefined;
    const alterPorts = (ports: ChunkWorkPorts, process: SimProcess): ChunkWorkPorts => {
      const files = new WatchedChunkFiles(ports.files, (name, bytes) => this.chunks.copied(ports.self, name, bytes));
      const watched = { ...ports, files };
      return mutation.chunkPorts?.(watched, process) ?? watched;
    };
    return {
      bucket: this.bucket,
      faults: this.chunkFaults,
      settings: mutation.chunkSettings?.(profile.chunks.settings) ?? profile.chunks.settings,
      caches: profile.chunks.caches,
      alterPorts,
      objectStore: mutation.objectStore ?? ((store) => store),
      coldReader: mutation.coldReader ?? ((reader) => reader),
      onEvent: (event) => void this.chunkEvents.set(event, (this.chunkEvents.get(event) ?? 0) + 1),
    };
  }
}
