// SPDX-License-Identifier: Apache-2.0

import type { ConfChangeSingle, ConfChangeTransition } from '../conf-change.ts';
import { confChangeV2, leaveJointChange } from '../conf-change.ts';
import type { RaftConfig } from '../config.ts';
import type { ConfState, Message, ReplicaId } from '../types.ts';
import { votersOnly } from './network.ts';
import { seededRandom } from './prng.ts';
import { SafetyChecker } from './safety-checker.ts';
import { SimNode } from './sim-node.ts';
import type { Faults } from './sim-node.ts';

export interface ClusterOptions {
  readonly seed: number;
  readonly voters: readonly ReplicaId[];
  /** Replicas that run, empty and outside of the group, until they are added to it. */
  readonly spares?: readonly ReplicaId[] | undefined;
  readonly config?: Partial<RaftConfig> | undefined;
  readonly faults?: Faults | undefined;
  /**
   * Changes leave a majority of the old voters in the group. With others a group can be stranded: configurations take
   * effect when they are applied, so a remaining voter that does not know of the change needs votes of the leavers,
   * which they refuse when their logs are longer (etcd#10563).
   */
  readonly carefulChanges?: boolean | undefined;
}

const maxMessagesInFlight = 400;
const electionTicks = 5;

/**
 * Replicas with disks that lag and crash, and a network that loses, repeats and reorders, in one thread and without a
 * clock: every run is a function of its options and of the calls. Messages, writes and applies move only when told to.
 */
export class Cluster {
  readonly nodes: readonly SimNode[];
  readonly checker: SafetyChecker;
  readonly random: (n: number) => number;
  inFlight: Message[] = [];
  /** Members of the smaller side of a partition; empty without one. */
  cutOff: ReadonlySet<ReplicaId> = new Set();
  readonly #carefulChanges: boolean;
  readonly #removed = new Set<ReplicaId>();
  #proposals = 0;
  #reads = 0;
  #lastRead: { readonly node: SimNode; readonly context: Uint8Array } | undefined;

  constructor(options: ClusterOptions) {
    this.random = seededRandom(options.seed);
    this.#carefulChanges = options.carefulChanges ?? false;
    this.checker = new SafetyChecker({
      confStateOf: (id) => this.node(id).raw?.status().confState ?? votersOnly([]),
      durableLogOf: (id) => this.nodes.find((node) => node.id === id)?.disk.mirror,
    });
    const config = {
      electionTicks,
      heartbeatTicks: 1,
      maxInflightMsgs: 4,
      asyncStorageWrites: true,
      random: this.random,
      ...options.config,
    };
    const start = (id: ReplicaId, confState: ConfState): SimNode => {
      const send = (message: Message): void => void this.inFlight.push(message);
      return new SimNode({ id, confState, config, checker: this.checker, faults: options.faults ?? {}, send });
    };
    const founders = options.voters.map((id) => start(id, votersOnly(options.voters)));
    this.nodes = [...founders, ...(options.spares ?? []).map((id) => start(id, votersOnly([])))];
  }

  get violations(): readonly string[] {
    return this.checker.violations;
  }

  node(id: ReplicaId): SimNode {
    const node = this.nodes.find((candidate) => candidate.id === id);
    if (node === undefined) throw new Error(`no replica ${id}`);
    return node;
  }

  /** The leader of the highest term. */
  leader(): SimNode | undefined {
    const term = (node: SimNode): number => node.raw?.basicStatus().hardState.term ?? 0;
    return this.nodes.filter((node) => node.leads).toSorted((a, b) => term(b) - term(a))[0];
  }

  tick(node: SimNode): void {
    node.input((raw) => raw.tick());
  }

  /** Takes one message out of the network and hands it over, if its way is open. */
  deliver(at: number): void {
    const message = this.inFlight.splice(at, 1)[0];
    if (message === undefined) return;
    const target = this.nodes.find((node) => node.id === message.to);
    const arrives = target?.raw !== undefined && this.cutOff.has(message.from) === this.cutOff.has(message.to);
    if (arrives) target.input((raw) => raw.step(message));
    this.#reportSnapshot(message, arrives ? 'finished' : 'failed');
    // What a long schedule piles up would only be old news.
    while (this.inFlight.length > maxMessagesInFlight) this.drop(0);
  }

  drop(at: number): void {
    const lost = this.inFlight.splice(at, 1)[0];
    if (lost !== undefined) this.#reportSnapshot(lost, 'failed');
  }

  duplicate(at: number): void {
    const message = this.inFlight[at];
    if (message !== undefined) this.inFlight.push(message);
  }

  propose(node: SimNode): void {
    const text = `p${++this.#proposals}`;
    node.input((raw) => raw.propose([new TextEncoder().encode(text)]));
  }

  read(node: SimNode): void {
    const context = new TextEncoder().encode(`r${++this.#reads}`);
    this.checker.readStarted(`r${this.#reads}`);
    this.#lastRead = { node, context };
    node.input((raw) => raw.readIndex(context));
  }

  /** The caller of the last read grows impatient and asks again, as the engine does. */
  retryRead(): void {
    const last = this.#lastRead;
    last?.node.input((raw) => raw.readIndex(last.context));
  }

  /** A random change that is valid where it is proposed. Ids that were removed are never used again. */
  changeMembers(node: SimNode): void {
    const confState = node.raw?.status().confState;
    if (confState === undefined || !node.leads) return;
    if (confState.votersOutgoing.length > 0) {
      node.input((raw) => raw.proposeConfChange(leaveJointChange));
      return;
    }
    const changes = new Map<ReplicaId, ConfChangeSingle>();
    for (let count = 1 + this.random(3); count > 0; count--) {
      const change = this.#randomChange(confState);
      changes.set(change.nodeId, change);
    }
    const list = [...changes.values()];
    if (!this.#isValid(confState.voters, list)) return;
    for (const { type, nodeId } of list) if (type === 'removeNode') this.#removed.add(nodeId);
    const transitions: readonly ConfChangeTransition[] = ['auto', 'auto', 'jointImplicit', 'jointExplicit'];
    const transition = transitions[this.random(transitions.length)] ?? 'auto';
    node.input((raw) => raw.proposeConfChange(confChangeV2(list, { transition })));
  }

  #isValid(voters: readonly ReplicaId[], changes: readonly ConfChangeSingle[]): boolean {
    const leaving = new Set(changes.flatMap(({ type, nodeId }) => (type === 'addNode' ? [] : [nodeId])));
    const staying = voters.filter((id) => !leaving.has(id)).length;
    if (this.#carefulChanges) return staying * 2 > voters.length;
    return staying > 0 || changes.some(({ type }) => type === 'addNode');
  }

  #randomChange(confState: ConfState): ConfChangeSingle {
    const members = [...confState.voters, ...confState.learners];
    const fresh = this.nodes.map(({ id }) => id).filter((id) => !members.includes(id) && !this.#removed.has(id));
    const candidates = [...members, ...fresh];
    const nodeId = candidates[this.random(candidates.length)] ?? 0;
    const isMember = members.includes(nodeId);
    const kind = this.random(isMember ? 5 : 2);
    // A member is removed for good, and there are few of them: rarely.
    if (kind < 2) return { type: kind === 0 ? 'addNode' : 'addLearnerNode', nodeId };
    return kind === 2 && members.length > 2 ? { type: 'removeNode', nodeId } : { type: 'addNode', nodeId };
  }

  /** The transport tells the sender of a snapshot how the transfer ended. */
  #reportSnapshot({ type, from, to }: Message, outcome: 'finished' | 'failed'): void {
    if (type === 'MsgSnap') this.node(from).input((raw) => raw.reportSnapshot(to, outcome));
  }

  /** A fair round: every disk does its work, every message that is in flight arrives. */
  round(): void {
    for (const node of this.nodes) {
      while (node.appends.length > 0) node.completeAppend();
      while (node.applies.length > 0) node.completeApply();
    }
    for (let left = this.inFlight.length; left > 0; left--) this.deliver(0);
  }

  /** Time without faults, until a new proposal is applied by every voter; false if that takes more than `maxTicks`. */
  recover(maxTicks: number): boolean {
    this.cutOff = new Set();
    for (const node of this.nodes) node.start();
    let target = 0;
    for (let tick = 0; tick < maxTicks; tick++) {
      for (const node of this.nodes) this.tick(node);
      for (let round = 0; round < 6; round++) this.round();
      const leader = this.leader();
      const status = leader?.raw?.status();
      if (leader === undefined || status === undefined) continue;
      if (!status.progress.some(({ id }) => id === leader.id)) {
        // It has seen its own removal through: its node destroys it (Raft thesis, section 4.2.2).
        leader.crash(0);
        continue;
      }
      if (target === 0 && status.hardState.commit === status.lastIndex) {
        this.propose(leader);
        const after = leader.raw?.basicStatus().lastIndex ?? 0;
        if (after > status.lastIndex) target = after;
      }
      const { voters } = status.confState;
      if (target > 0 && voters.every((id) => this.node(id).machine.applied >= target)) return true;
    }
    return false;
  }
}
