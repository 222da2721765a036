// SPDX-License-Identifier: Apache-2.0
import { chunkFaultNames } from './chunks/chunk-faults.ts';
import type { ChunkFaultName } from './chunks/chunk-faults.ts';
import type { Cluster } from './cluster.ts';
import { Membership } from './membership.ts';
import type { FaultName, Profile } from './profile.ts';
import type { SimNode } from './sim-node.ts';
import type { SimRandom } from './sim-random.ts';

const second = 1_000_000;
const takesNodesAway: ReadonlySet<FaultName> = new Set([
  'crash',
  'crash in a turn',
  'graceful restart',
  'long stop',
  'disk failure',
  'pause',
  'isolate',
  'cut one way',
  'split',
  'wipe',
]);

const namesOfChunkFaults: ReadonlySet<FaultName> = new Set(chunkFaultNames);

function isChunkFault(name: FaultName): name is ChunkFaultName {
  return namesOfChunkFaults.has(name);
}

/** Breaks things one after the other, and several at a time, and repairs them again. */
export class Faults {
  readonly counts = new Map<FaultName, number>();
  readonly membership: Membership;
  readonly #cluster: Cluster;
  readonly #profile: Profile;
  readonly #random: SimRandom;
  /** How to undo what is broken now. */
  readonly #repairs = new Set<() => void>();
  #partitions = 0;
  #isStopped = false;

  constructor(cluster: Cluster, profile: Profile) {
    this.#cluster = cluster;
    this.#profile = profile;
    this.#random = cluster.world.random('faults');
    this.membership = new Membership(cluster);
  }

  async run(): Promise<void> {
    const { faults, chunkFaults } = this.#profile;
    await Promise.all([this.#run(faults, this.#random), this.#run(chunkFaults, this.#random.split('chunks'))]);
  }

  async #run(names: readonly FaultName[], random: SimRandom): Promise<void> {
    while (!this.#isStopped && names.length > 0) {
      await this.#cluster.world.sleep(random.int(2 * this.#profile.faultEveryUs));
      if (this.#isStopped) return;
      const name = random.pick(names);
      if (!this.#inject(name)) continue;
      this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
      this.#cluster.world.note('fault', name);
    }
  }

  /** Repairs everything; nothing breaks any more. */
  stop(): void {
    this.#isStopped = true;
    for (const repair of [...this.#repairs]) repair();
    this.#cluster.network.heal();
    this.#cluster.chunkFaults.stop();
    for (const node of this.#cluster.nodes) {
      node.clock.offsetMs = 0;
      node.process?.disarm();
      if (node.lastNodeId !== undefined && !this.membership.isGone(node)) node.start();
    }
  }

  /** @returns false when it is not possible now. */
  #inject(name: FaultName): boolean {
    const random = this.#random;
    const live = this.#cluster.live;
    if (live.length === 0 || (takesNodesAway.has(name) && this.#isStrained() && !random.chance(0.15))) return false;
    const node = this.#pickVictim(live);
    switch (name) {
      case 'crash':
        return random.chance(0.5) ? this.#crashInTurn(node) : this.#crash(node, random.between(0, 8 * second));
      case 'crash in a turn':
        return this.#crashInTurn(random.pick(live));
      case 'crash all':
        if (!random.chance(0.3)) return false;
        for (const each of live) this.#crash(each, random.between(0, 4 * second));
        return true;
      case 'graceful restart':
        void this.#restartGracefully(node);
        return true;
      case 'long stop':
        return this.#crash(node, random.between(15 * second, 40 * second));
      case 'disk failure':
        node.process?.failNextWrite();
        this.#restartOnceDead(node);
        return true;
      case 'pause':
        node.process?.pause(random.between(second / 10, 6 * second));
        return true;
      case 'transfer leadership':
        void this.membership.transfer(random);
        return true;
      case 'wipe':
      case 'add node':
      case 'remove node':
        return this.membership.change(name, random);
      case 'clock jump':
        return this.#jumpClock(
          node,
          random.pick([-3_600_000, -60_000, -12_000, -3_000, 3_000, 12_000, 60_000, 3_600_000]),
        );
      case 'clock drift':
        return this.#jumpClock(node, random.between(-900, 900));
      default:
        if (!isChunkFault(name)) return this.#disturbNetwork(name, node);
        if (name === 'crash in work on chunks') this.#restartOnceDead(node);
        return this.#cluster.chunkFaults.inject(name, node, this.#repairLater.bind(this));
    }
  }

  /** Leaders more often than others: that is where something can be lost. */
  #pickVictim(live: readonly SimNode[]): SimNode {
    const leading = live.filter(({ process }) =>
      [...(process?.engine.host.replicasByShard.values() ?? [])].some((replica) => replica.isLeader),
    );
    return this.#random.pick(leading.length > 0 && this.#random.chance(0.6) ? leading : live);
  }

  /** One more node away would often leave no majority: then nothing happens that could go wrong. */
  #isStrained(): boolean {
    const started = this.#cluster.nodes.filter(
      (node) => node.lastNodeId !== undefined && !this.membership.isGone(node),
    );
    const away = started.filter(
      (node) => node.process === undefined || node.process.pausedUntilUs > this.#cluster.world.nowUs,
    );
    return this.#partitions > 0 || away.length >= Math.floor((this.#profile.founders - 1) / 2);
  }

  #disturbNetwork(name: FaultName, node: SimNode): boolean {
    const random = this.#random;
    const { network, nodes } = this.#cluster;
    const others = nodes.filter((other) => other !== node);
    const other = random.pick(others);
    switch (name) {
      case 'isolate':
        return this.#block(
          others.flatMap(
            (each) =>
              [
                [node.address, each.address],
                [each.address, node.address],
              ] as const,
          ),
        );
      case 'cut one way':
        return this.#block(
          random.chance(0.5)
            ? [[node.address, other.address]]
            : others.map((each) => [node.address, each.address] as const),
        );
      case 'split': {
        const shuffled = random.shuffle(nodes);
        const cut = random.chance(0.7) ? 1 : random.between(1, nodes.length - 1);
        const [left, right] = [shuffled.slice(0, cut), shuffled.slice(cut)];
        return this.#block(
          left.flatMap((a) =>
            right.flatMap(
              (b) =>
                [
                  [a.address, b.address],
                  [b.address, a.address],
                ] as const,
            ),
          ),
        );
      }
      case 'slow link': {
        const delayUs = random.between(10_000, 700_000);
        network.slowDown(node.address, other.address, delayUs);
        this.#repairLater(random.between(second, 20 * second), () => network.slowDown(node.address, other.address, 0));
        return true;
      }
      case 'break streams':
        network.breakPair(node.address, other.address);
        return true;
      default:
        return false;
    }
  }

  #block(directions: readonly (readonly [string, string])[]): boolean {
    const { network } = this.#cluster;
    for (const [from, to] of directions) network.block(from, to);
    this.#partitions++;
    this.#repairLater(this.#random.between(second / 2, 20 * second), () => {
      this.#partitions--;
      for (const [from, to] of directions) network.unblock(from, to);
    });
    return true;
  }

  #crash(node: SimNode, downUs: number): boolean {
    node.crash();
    this.#restartLater(node, downUs);
    return true;
  }

  #crashInTurn(node: SimNode): boolean {
    const random = this.#random;
    node.process?.crashAtWrite(random.int(6), { place: random.pick(['before', 'after']), sync: random.chance(0.75) });
    this.#restartOnceDead(node);
    return true;
  }

  #restartOnceDead(node: SimNode): void {
    void node.process?.death.then(() => this.#restartLater(node, this.#random.between(second, 8 * second)));
  }

  #restartLater(node: SimNode, downUs: number): void {
    this.#cluster.world.after(downUs, () => {
      if (!this.membership.isGone(node)) node.start();
    });
  }

  async #restartGracefully(node: SimNode): Promise<void> {
    const { process } = node;
    if (process === undefined) return;
    await Promise.race([process.shutDown(), process.death]);
    this.#restartLater(node, this.#random.between(0, 3 * second));
  }

  #jumpClock(node: SimNode, byMs: number): boolean {
    node.clock.offsetMs += byMs;
    this.#repairLater(this.#random.between(second, 25 * second), () => {
      node.clock.offsetMs = 0;
    });
    return true;
  }

  #repairLater(delayUs: number, repair: () => void): void {
    const once = (): void => {
      if (!this.#repairs.delete(once)) return;
      repair();
    };
    this.#repairs.add(once);
    this.#cluster.world.after(delayUs, once);
  }
}
