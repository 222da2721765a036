// SPDX-License-Identifier: Apache-2.0
import { decodeJson, encodeJson } from '../../core/cluster/map-codec.ts';
import type { ClusterMap, ClusterPolicy, NodeDescription } from '../../core/cluster/cluster-map.ts';
import type { FormationRecord } from '../../core/cluster/meta-commands.ts';
import type { FormationGuard } from '../../ports/formation-guard.ts';
import type { Peers } from '../../ports/peers.ts';
import type { Random } from '../../ports/random.ts';
import type { EngineObserver } from '../engine-observer.ts';
import { mintClusterId } from './cluster-ids.ts';
import type { FormationAnswer, FormationQuestion } from './formation-messages.ts';
import type { Volume } from './volume.ts';

export interface InitialNode {
  readonly name: string;
  readonly address: string;
}

export interface FormationOptions {
  readonly volume: Volume;
  readonly peers: Peers;
  readonly random: Random;
  readonly observer: EngineObserver;
  /** Undefined: the cluster keeps no objects anywhere. */
  readonly guard: FormationGuard | undefined;
  readonly self: () => NodeDescription;
  readonly initialNodes: readonly InitialNode[];
  readonly joinAddresses: readonly string[];
  readonly initialShards: number;
  readonly policy: ClusterPolicy;
  /** This node is a founder of the cluster it has just promised itself to. */
  readonly onFounded: (record: FormationRecord) => void;
  readonly onJoined: (map: ClusterMap) => void;
  /** A member asks the meta group to list another node. */
  readonly admit: (node: NodeDescription) => Promise<FormationAnswer>;
}

const askTimeoutMs = 2_000;
/** A refusal is looked at again once in so many attempts: somebody may have made room. */
const guardEveryAttempts = 10;

/**
 * How an empty node comes to belong to a cluster. The first formation needs all initial nodes, present and without data;
 * each promises one cluster uuid durably before any of them starts. An empty node that lacks one of them waits; one that
 * meets a node with data joins as a new node. So two clusters can never form from one list (H6). Nor does one form where
 * another one has left its manifests: it would have to be rebuilt, or lives.
 */
export class Formation {
  readonly #options: FormationOptions;
  #busy = false;
  #isGuardPassed = false;
  #refused: string | undefined;
  /** Since the first refusal. */
  #attempts = 0;
  #waitingFor: string | undefined = 'the other initial nodes';

  constructor(options: FormationOptions) {
    this.#options = options;
  }

  /** In words, what an empty node waits for; undefined once it is a member. */
  get waitingFor(): string | undefined {
    return this.#options.volume.clusterId === undefined ? this.#waitingFor : undefined;
  }

  /** Tries the next step; to be called regularly. Does nothing for a member, or while a step is under way. */
  async attempt(): Promise<void> {
    if (this.#busy || this.#options.volume.clusterId !== undefined) return;
    this.#busy = true;
    try {
      await this.#step();
    } finally {
      this.#busy = false;
    }
  }

  async onQuestion(bytes: Uint8Array): Promise<Uint8Array> {
    return encodeJson(await this.#answer(decodeJson(bytes) as FormationQuestion));
  }

  async #answer(question: FormationQuestion): Promise<FormationAnswer> {
    const { volume } = this.#options;
    switch (question.kind) {
      case 'hello':
        return this.#whoAmI();
      case 'promise':
        if (volume.clusterId === undefined && this.#mayPromise(question.record)) volume.promiseTo(question.record);
        return this.#whoAmI();
      case 'start':
        if (volume.clusterId === undefined && volume.promise?.clusterId === question.clusterId)
          this.#found(volume.promise);
        return this.#whoAmI();
      case 'join':
        if (volume.clusterId === undefined)
          return { kind: 'refused', message: `node ${this.#options.self().name} is no member yet` };
        return this.#options.admit(question.node);
      default:
        return { kind: 'refused', message: 'this question is not known here; the nodes run different versions' };
    }
  }

  #whoAmI(): FormationAnswer {
    const { volume, self } = this.#options;
    const node = self();
    if (volume.clusterId !== undefined) return { kind: 'member', node, clusterId: volume.clusterId };
    if (volume.promise !== undefined) return { kind: 'promised', node, clusterId: volume.promise.clusterId };
    return { kind: 'empty', node };
  }

  /** A node that is no founder by its own configuration must not be made one by somebody else's. */
  #mayPromise(record: FormationRecord): boolean {
    return this.#isInitial() && record.founders.some((founder) => founder.id === this.#options.volume.nodeId);
  }

  #isInitial(): boolean {
    const { initialNodes, self } = this.#options;
    const { name } = self();
    return initialNodes.some((node) => node.name === name);
  }

  async #step(): Promise<void> {
    const { initialNodes, joinAddresses, self, volume } = this.#options;
    const { name } = self();
    const others = initialNodes.filter((node) => node.name !== name);
    const hello = async (address: string): Promise<FormationAnswer | undefined> =>
      this.#ask(address, { kind: 'hello', name });
    // Who is to found a cluster alone, or with others that are as empty, asks those that came later: it may be one that
    // lost its volume.
    const isKnown = (address: string): boolean => initialNodes.some((node) => node.address === address);
    const later = this.#isInitial() ? joinAddresses.filter((address) => !isKnown(address)) : [];
    const [answers, more] = await Promise.all([
      Promise.all(others.map(async (node) => hello(node.address))),
      Promise.all(later.map(hello)),
    ]);
    const members = [...answers, ...more].flatMap((answer) => (answer?.kind === 'member' ? [answer] : []));
    const promised = members.find((member) => member.clusterId === volume.promise?.clusterId);
    // The others started while this founder was away: it has promised and never took part, so it may start late.
    if (promised !== undefined && volume.promise !== undefined) return this.#found(volume.promise);
    const addresses = [...members.map((member) => member.node.addresses.peer), ...joinAddresses];
    if (members.length > 0 || !this.#isInitial())
      return this.#join(addresses.length > 0 ? addresses : others.map((node) => node.address));
    await this.#formWith(others, answers);
  }

  async #formWith(others: readonly InitialNode[], answers: readonly (FormationAnswer | undefined)[]): Promise<void> {
    const missing = others.filter((_, i) => answers[i] === undefined || answers[i]?.kind === 'refused');
    if (missing.length > 0) {
      this.#waitingFor = `initial nodes that do not answer: ${missing.map((node) => `${node.name} (${node.address})`).join(', ')}`;
      return;
    }
    const refusal = await this.#refusal();
    if (refusal !== undefined) {
      this.#waitingFor = refusal;
      return;
    }
    const { initialNodes, self } = this.#options;
    const coordinator = initialNodes.map((node) => node.name).sort()[0];
    this.#waitingFor = `node ${coordinator}, which coordinates the formation`;
    if (coordinator === self().name) await this.#coordinate(others, answers);
  }

  /** Nobody has data, but the object store may: then a cluster was lost, or another one lives there. */
  async #refusal(): Promise<string | undefined> {
    const { guard, observer } = this.#options;
    if (guard === undefined || this.#isGuardPassed) return undefined;
    if (this.#refused !== undefined && this.#attempts++ % guardEveryAttempts !== 0) return this.#refused;
    const before = this.#refused;
    this.#refused = await guard.refusal();
    this.#isGuardPassed = this.#refused === undefined;
    if (this.#refused !== undefined && this.#refused !== before) observer.log('error', this.#refused);
    return this.#refused;
  }

  /** Everybody is here and nobody has data. */
  async #coordinate(others: readonly InitialNode[], answers: readonly (FormationAnswer | undefined)[]): Promise<void> {
    const { volume } = this.#options;
    const peers = answers.flatMap((answer) =>
      answer?.kind === 'empty' || answer?.kind === 'promised' ? [answer.node] : [],
    );
    const record = this.#reusable(peers) ?? this.#newRecord(peers);
    volume.promiseTo(record);
    const replies = await Promise.all(others.map((node) => this.#ask(node.address, { kind: 'promise', record })));
    const allPromised = replies.every(
      (reply) => (reply?.kind === 'promised' || reply?.kind === 'member') && reply.clusterId === record.clusterId,
    );
    if (!allPromised) return;
    this.#found(record);
    for (const node of others) void this.#ask(node.address, { kind: 'start', clusterId: record.clusterId });
  }

  /** Formation was cut short: the same founders go on with the same uuid. */
  #reusable(others: readonly NodeDescription[]): FormationRecord | undefined {
    const { promise, nodeId } = this.#options.volume;
    const present = [nodeId, ...others.map((node) => node.id)].sort();
    const founders = promise?.founders.map((node) => node.id).sort();
    return JSON.stringify(founders) === JSON.stringify(present) ? promise : undefined;
  }

  #newRecord(others: readonly NodeDescription[]): FormationRecord {
    const { self, initialShards, policy } = this.#options;
    return { clusterId: mintClusterId(this.#options.random), founders: [self(), ...others], initialShards, policy };
  }

  #found(record: FormationRecord): void {
    const { volume, observer, onFounded } = this.#options;
    volume.joinCluster(record.clusterId);
    observer.log('info', 'cluster formed', {
      clusterId: record.clusterId,
      founders: record.founders.map((node) => node.name),
    });
    onFounded(record);
  }

  async #join(addresses: readonly string[]): Promise<void> {
    const { volume, self, onJoined, observer } = this.#options;
    const node = self();
    const others = addresses.filter((address) => address !== node.addresses.peer);
    this.#waitingFor = `a member that lets this node join: ${others.join(', ')}`;
    for (const address of others) {
      const answer = await this.#ask(address, { kind: 'join', node });
      if (answer?.kind === 'refused') this.#waitingFor = answer.message;
      if (answer?.kind !== 'joined') continue;
      volume.joinCluster(answer.clusterId, answer.map);
      observer.log('info', 'joined a cluster as a new node', { clusterId: answer.clusterId, through: address });
      onJoined(answer.map);
      return;
    }
  }

  async #ask(address: string, question: FormationQuestion): Promise<FormationAnswer | undefined> {
    try {
      return decodeJson(await this.#options.peers.ask(address, encodeJson(question), askTimeoutMs)) as FormationAnswer;
    } catch {
      // Not reachable, not ready or not ours: asked again with the next attempt.
      return undefined;
    }
  }
}
