// SPDX-License-Identifier: Apache-2.0
import type { NodeId } from '@shortlink/common/ids.ts';
import type { EngineConfig } from '../src/engine/engine-config.ts';
import { FakePlatter } from './disk.ts';
import { MemoryChunkFiles } from './memory-chunk-files.ts';
import type { Network } from './network.ts';
import { SimClock } from './sim-clock.ts';
import type { ProcessHooks } from './sim-process.ts';
import { SimProcess } from './sim-process.ts';
import type { SimRandom } from './sim-random.ts';
import type { World } from './world.ts';

export interface SimNodeOptions {
  readonly world: World;
  readonly network: Network;
  readonly config: EngineConfig;
  readonly hooks: ProcessHooks;
}

/** A machine with a disk, on which processes come and go. */
export class SimNode {
  readonly name: string;
  readonly clock: SimClock;
  readonly #options: SimNodeOptions;
  readonly #random: SimRandom;
  #platter = new FakePlatter();
  #copies = new MemoryChunkFiles();
  #process: SimProcess | undefined;
  #starts = 0;

  constructor(options: SimNodeOptions) {
    this.#options = options;
    this.name = options.config.name;
    this.#random = options.world.random(`node ${this.name}`);
    this.clock = new SimClock(options.world, this.#random.between(-200, 200));
  }

  /** Copies of chunks on its disk. */
  get copies(): MemoryChunkFiles {
    return this.#copies;
  }

  get address(): string {
    return this.#options.config.addresses.peer;
  }

  /** The process that runs, unless it is down. */
  get process(): SimProcess | undefined {
    return this.#process?.isAlive === true ? this.#process : undefined;
  }

  /** Undefined before the first start. */
  get lastNodeId(): NodeId | undefined {
    return this.#process?.nodeId;
  }

  start(): void {
    if (this.process !== undefined) return;
    const { world, network, config, hooks } = this.#options;
    this.#starts++;
    world.note('start', `${this.name} ${this.#starts}`);
    this.#process = new SimProcess({
      world,
      network,
      config,
      hooks,
      name: this.name,
      clock: this.clock,
      platter: this.#platter,
      copies: this.#copies,
      random: this.#random.split(`start ${this.#starts}`),
    });
  }

  /** Loses what was not synced. */
  crash(): void {
    this.process?.crash('killed');
  }

  /** The node comes back as another one, with an empty disk. */
  wipe(): void {
    this.crash();
    this.#options.world.note('wipe', this.name);
    this.#platter = new FakePlatter();
    this.#copies = new MemoryChunkFiles();
  }
}
