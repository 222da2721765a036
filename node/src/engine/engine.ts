// SPDX-License-Identifier: Apache-2.0
import type { NodeId, ShardId } from '@shortlink/common/ids.ts';
import { metaShardId } from '@shortlink/common/ids.ts';
import { limits } from '@shortlink/common/limits.ts';
import type { ClusterMap } from '../core/cluster/cluster-map.ts';
import { foundingMap } from '../core/cluster/initialize.ts';
import type { FormationRecord } from '../core/cluster/meta-commands.ts';
import { replicasOf } from '../core/cluster/meta-state.ts';
import type { AdminRequest, AdminResponse } from '../ports/admin.ts';
import { StoreFailedError } from '../ports/kv-engine.ts';
import type { ChunkCounts } from '../ports/ring-report.ts';
import type { ForwardKind, NodeHeartbeat, PeerFrame, PeerHandler, SnapshotSink } from '../ports/peers.ts';
import { answerAdmin } from './cluster/admin.ts';
import { controlGroup } from './cluster/group-control.ts';
import type { Formation } from './cluster/formation.ts';
import { newFormation } from './cluster/new-formation.ts';
import { MapWatch } from './cluster/map-watch.ts';
import { OwnDescription } from './cluster/own-description.ts';
import { MembershipDriver } from './cluster/membership-driver.ts';
import { RingKeeper } from './cluster/ring-keeper.ts';
import { Volume } from './cluster/volume.ts';
import { ClockGuard } from './clock-guard.ts';
import type { EngineApi, BarrierOutcome, ClientRequest, CopyQuestion, EngineHealth } from './engine-api.ts';
import type { EngineConfig } from './engine-config.ts';
import type { EngineDeps } from './engine-deps.ts';
import { Forwarder } from './host/forwarder.ts';
import { Host } from './host/host.ts';
import { ReplicaLifecycle } from './host/replica-lifecycle.ts';
import { Router } from './host/router.ts';
import { SnapshotTransfers } from './host/snapshot-transfers.ts';
import { MetaMachine } from './machines/meta-machine.ts';
import type { Machine } from './machines/machine.ts';
import { ShardMachine } from './machines/shard-machine.ts';
import { drainLeaderships, handOverLeaderships, leads } from './leaderships.ts';
import { engineHealth } from './health.ts';
import type { Answer } from './requests.ts';
import { readStaging } from './storage/directory.ts';

/** Everything of a node that keeps state: its volume, its groups, its part in the cluster. One thread, no I/O but by ports. */
export class Engine implements EngineApi, PeerHandler {
  readonly config: EngineConfig;
  readonly deps: EngineDeps;
  readonly volume: Volume;
  readonly self: OwnDescription;
  readonly host: Host;
  readonly router: Router;
  readonly driver: MembershipDriver;
  readonly formation: Formation;
  readonly ring: RingKeeper;
  readonly #forwarder: Forwarder;
  readonly #clockGuard: ClockGuard;
  readonly #transfers: SnapshotTransfers;
  readonly #lifecycle: ReplicaLifecycle;
  readonly #maps: MapWatch;
  readonly #mapListeners: ((map: ClusterMap) => void)[] = [];
  #ticks = 0;
  #onTick: (() => void)[] = [];
  #initializing = false;
  #stopped = false;

  /** Opens what the volume holds. @throws ForeignVolumeError, DecodeError, InvariantError: the node must not start then. */
  constructor(config: EngineConfig, deps: EngineDeps) {
    this.config = config;
    this.deps = deps;
    const { store, peers, clock, random, observer } = deps;
    this.volume = new Volume(store, config.name, random);
    this.self = new OwnDescription(config, this.volume);
    this.#clockGuard = new ClockGuard(clock, config.clockMaxJumpMs);
    this.host = new Host({
      nodeId: this.volume.nodeId,
      clockGuard: this.#clockGuard,
      keptLog: { entries: config.compactEntries, bytes: config.compactBytes },
      ...deps,
    });
    this.#forwarder = new Forwarder(this.host.outbox, clock);
    this.router = new Router({
      nodeId: this.volume.nodeId,
      host: this.host,
      forwarder: this.#forwarder,
      clockGuard: this.#clockGuard,
      map: () => this.volume.map,
      isConnected: (node) => peers.isConnected(node),
      isSilent: (node) => this.ring.isSilent(node),
      coldTier: deps.coldTier,
      copies: deps.copies,
      control: (replica, payload, answer) =>
        controlGroup({ host: this.host, replica, ringReport: () => this.ring.report() }, payload, answer),
      clock,
      random,
      observer,
    });
    const openMachine = (shard: ShardId, slot: number): Machine => this.#openMachine(shard, slot);
    const host = this.host;
    this.#transfers = new SnapshotTransfers({
      host,
      store,
      peers,
      observer,
      openMachine,
      clusterId: () => this.volume.clusterId,
    });
    this.host.transfers = this.#transfers;
    this.#lifecycle = new ReplicaLifecycle({
      nodeId: this.volume.nodeId,
      host,
      store,
      observer,
      openMachine,
      settings: config.raft,
      random: (bound) => random.int(bound),
      transfers: this.#transfers,
    });
    this.driver = new MembershipDriver({
      map: () => this.volume.map,
      liveness: () => this.ring.view()?.liveness,
      call: async (kind, shard, payload) => this.call(kind, shard, payload),
      clock,
      drainUploadMs: config.drainUploadMs,
      removalNoticeMs: config.removalNoticeMs,
      observer,
    });
    this.ring = new RingKeeper(this);
    this.#maps = new MapWatch(this, this.#forwarder, (map) => this.#learnMap(map));
    this.formation = newFormation(this, {
      onFounded: (record) => this.#foundMeta(record),
      onJoined: (map) => this.#learnMap(map),
    });
    this.#recover();
  }

  get nodeId(): NodeId {
    return this.volume.nodeId;
  }

  get forwardsWaiting(): number {
    return this.#forwarder.waitingCount;
  }

  /** The largest difference to another node's wall clock; undefined while none was heard lately. */
  get clockOffsetMs(): number | undefined {
    return this.#clockGuard.worstOffsetMs;
  }

  /** Advances all clocks of the engine; to be called every raft.tickMs. */
  tick(): void {
    if (this.#stopped) return;
    this.#ticks++;
    this.host.tick();
    this.#forwarder.tick();
    for (const run of this.#onTick.splice(0)) run();
    this.#refuseToLead();
    this.ring.heartbeats.tick();
    const { slowTicks, collectTicks } = this.config;
    if (this.#ticks % slowTicks === 0) {
      this.#inBackground(this.formation.attempt());
      this.#inBackground(this.ring.attempt());
      this.#inBackground(this.driver.attempt());
      this.#initialize();
      this.#maps.refresh();
      this.#inBackground(this.#maps.announce());
    }
    if (this.#ticks % collectTicks === 0) this.#doChores();
  }

  submit(request: ClientRequest, answer: Answer): void {
    this.router.route({ ...request, hops: 0 }, answer);
  }

  barrier(shard: ShardId, timeoutMs: number, answer: (outcome: BarrierOutcome) => void): void {
    const replica = this.host.replicasByShard.get(shard);
    if (replica === undefined || !replica.healthy || replica.machine.appliedIndex === 0)
      return answer({ kind: 'elsewhere' });
    replica.reads.add({
      ready: () => {
        this.deps.observer.count('readConfirmed');
        if (!replica.healthy || !(replica.machine instanceof ShardMachine)) return answer({ kind: 'elsewhere' });
        answer({ kind: 'view', view: replica.machine.view(this.router.readNowMs()) });
      },
      failed: (message) => {
        this.deps.observer.count('readFailed');
        answer({ kind: 'failed', message });
      },
      deadlineMs: this.deps.clock.monotonicMs() + timeoutMs,
    });
    this.host.activate(replica);
  }

  askForCopy(node: NodeId, { payload, timeoutMs }: CopyQuestion, answer: Answer): void {
    this.router.askNode(
      node,
      { kind: 'copy', shard: metaShardId, payload, timeoutMs, hops: limits.forwardMaxHops },
      answer,
    );
  }

  carry(facts: NodeHeartbeat, counts: ChunkCounts): void {
    this.ring.heartbeats.carry(() => facts);
    this.ring.countChunks(() => counts);
  }

  admin(request: AdminRequest, answer: (response: AdminResponse) => void): void {
    this.#inBackground(answerAdmin(this, request).then(answer));
  }

  onMap(listener: (map: ClusterMap) => void): void {
    this.#mapListeners.push(listener);
    if (this.volume.map !== undefined) listener(this.volume.map);
  }

  health(): EngineHealth {
    return engineHealth(this);
  }

  onFrame(from: NodeId, frame: PeerFrame): void {
    this.#clockGuard.observe(from, frame.clockMs);
    if (frame.raft.length > 0) this.deps.observer.count('messageReceived', frame.raft.length);
    for (const { shard, message } of frame.raft) {
      this.host.places.heard(shard, message.from, from);
      this.host.deliver(shard, message);
    }
    for (const request of frame.requests) {
      this.router.route({ ...request, from }, (status, payload) => {
        this.host.outbox.reply(from, { id: request.id, status, payload });
        this.host.wake();
      });
    }
    for (const reply of frame.replies) this.#forwarder.onReply(reply);
    if (frame.mapEpoch > this.host.mapEpoch) this.#maps.fetch(from);
    if (frame.silentNodes !== undefined) this.ring.learnSilence(frame.silentNodes);
    if (frame.heartbeat !== undefined) this.#heard(from, frame.heartbeat, frame.mapEpoch);
  }

  #heard(from: NodeId, heartbeat: NodeHeartbeat, mapEpoch: number): void {
    this.ring.heard(from, heartbeat);
    if (mapEpoch >= this.host.mapEpoch) return;
    // Who was away for long may share no group with anybody, and nothing else would tell it.
    this.host.outbox.touch(from);
    this.host.wake();
  }

  onDisconnect(node: NodeId): void {
    this.#forwarder.onDisconnect(node);
    const map = this.volume.map;
    for (const replica of this.host.replicasByShard.values()) {
      for (const { id } of (map === undefined ? undefined : replicasOf(map, replica.shard)) ?? []) {
        if (this.host.places.nodeOf(replica.shard, id) === node) replica.raw.reportUnreachable(id);
      }
    }
  }

  onSnapshot(from: NodeId, header: Uint8Array): SnapshotSink {
    return this.#transfers.receive(from, header);
  }

  async onQuestion(question: Uint8Array): Promise<Uint8Array> {
    try {
      return await this.formation.onQuestion(question);
    } catch (error) {
      // Whoever asks may send nonsense; a promise that could not be written is the end.
      if (error instanceof StoreFailedError) this.deps.onFatal(error);
      throw error;
    }
  }

  /** Hands every leadership to somebody else, as far as there is somebody; resolves when done or after `ticks`. */
  async drain(ticks: number): Promise<void> {
    await drainLeaderships(this, ticks);
  }

  /** For what waits without a timer of its own. */
  onNextTick(run: () => void): void {
    this.#onTick.push(run);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.host.stop();
    for (const replica of this.host.replicasByShard.values()) replica.close('the node is shutting down');
  }

  #recover(): void {
    // What a crash left half made or half swept.
    for (const { shard, slot } of readStaging(this.deps.store)) this.#transfers.sweepSlot(shard, slot);
    if (this.volume.clusterId === undefined) return;
    this.#lifecycle.recover();
    if (this.volume.map !== undefined) this.#useMap(this.volume.map);
    else if (this.volume.promise !== undefined) this.#foundMeta(this.volume.promise);
  }

  /** Until the meta group has written a map, the founders are all there is to know. */
  #foundMeta(record: FormationRecord): void {
    const map = foundingMap(record);
    this.host.useMap(map);
    this.#setPeers(map.nodes);
    this.#lifecycle.foundMeta(map.meta);
  }

  #openMachine(shard: ShardId, slot: number): Machine {
    const { store, random, observer, soon, linkVersions } = this.deps;
    if (shard === metaShardId) return new MetaMachine(store, slot, (map) => soon(() => this.#learnMap(map)));
    return new ShardMachine({
      store,
      scope: { shard, slot },
      random,
      range: () => this.volume.map?.shards.find((s) => s.id === shard),
      linkVersions,
      idempotencyWindowMs: this.config.idempotencyWindowMs,
      stateHashIntervalEntries: this.config.stateHashIntervalEntries,
      maxHotBytes: this.config.maxHotBytes,
      onStateHashMismatch: (index) => {
        observer.count('stateHashMismatch');
        observer.log('error', 'the state differs from the leader’s; this replica stops serving', { shard, index });
        // Not within the apply that noticed it: that one writes its own batch.
        soon(() => this.#lifecycle.markDiverged(shard));
      },
    });
  }

  #learnMap(map: ClusterMap): void {
    if (this.#stopped || !this.volume.learnMap(map)) return;
    this.#useMap(map);
  }

  #useMap(map: ClusterMap): void {
    this.host.useMap(map);
    this.#setPeers(map.nodes);
    this.#lifecycle.reconcile(map);
    for (const listener of this.#mapListeners) listener(map);
  }

  #setPeers(nodes: ClusterMap['nodes']): void {
    const others = nodes.filter((node) => node.id !== this.nodeId);
    this.deps.peers.setPeers(new Map(others.map((node) => [node.id, node.addresses.peer])));
  }

  /** The first entry of the meta group that matters. */
  #initialize(): void {
    const record = this.volume.promise;
    if (this.#initializing || record === undefined || this.volume.map !== undefined || !leads(this.host, metaShardId))
      return;
    this.#initializing = true;
    const initialized = this.driver.propose({ type: 'initialize', record });
    this.#inBackground(initialized.then(() => (this.#initializing = false)));
  }

  /** Work that nobody waits for: its failure is the end all the same. */
  #inBackground(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.deps.onFatal(error));
  }

  /** With a clock that cannot be trusted no write is stamped here: whoever can lead instead should. */
  #refuseToLead(): void {
    if (this.#clockGuard.trustedNowMs(this.volume.map?.nodes.length ?? 1) === undefined) handOverLeaderships(this.host);
  }

  #doChores(): void {
    const nowMs = this.router.readNowMs();
    for (const replica of this.host.replicasByShard.values()) {
      if (!replica.isLeader || nowMs === 0) continue;
      const payload = replica.machine.chores(nowMs);
      if (payload !== undefined)
        this.submit({ kind: 'write', shard: replica.shard, payload, timeoutMs: callTimeoutMs }, () => {});
    }
  }

  async call(
    kind: ForwardKind,
    shard: ShardId,
    payload: Uint8Array,
    timeoutMs = callTimeoutMs,
  ): Promise<Uint8Array | undefined> {
    const { promise, resolve } = Promise.withResolvers<Uint8Array | undefined>();
    this.router.route({ kind, shard, payload, timeoutMs, hops: 0 }, (status, reply) =>
      resolve(status === 'ok' ? reply : undefined),
    );
    return promise;
  }
}

const callTimeoutMs = 3_000;
