// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from 'vitest';
import { FakeDisk, FakePlatter } from '../../../sim/disk.ts';
import { applyMetaCommand } from '../../core/cluster/apply-meta.ts';
import { emptyMetaState } from '../../core/cluster/meta-state.ts';
import type { NodeHeartbeat, PeerFrame } from '../../ports/peers.ts';
import { silentObserver } from '../engine-observer.ts';
import { DiskPulse } from '../host/disk-pulse.ts';
import { Outbox } from '../host/outbox.ts';
import { Heartbeats } from './heartbeats.ts';

const tickMs = 50;
/** Twenty ticks, unless a test says otherwise. */
const suspectAfterMs = 1000;

/** A node whose disk and clock do what the test says. */
class Bench {
  nowMs = 0;
  /** How long a durable write takes; undefined: it does not come back. */
  diskMs: number | undefined = 0;
  standstills = 0;
  own = 0;
  readonly sent = new Map<string, NodeHeartbeat[]>();
  readonly connected = new Set(['b', 'c', 'd']);
  readonly disk: DiskPulse;
  readonly heartbeats: Heartbeats;
  #outbox: Outbox;

  constructor(metaNodes: readonly string[] = ['a', 'b', 'c'], suspectMs = suspectAfterMs) {
    const clock = { nowMs: () => this.nowMs, monotonicMs: () => this.nowMs };
    this.disk = new DiskPulse(clock);
    const peers = {
      isConnected: (node: string) => this.connected.has(node),
      send: (to: string, frame: PeerFrame) => {
        if (frame.heartbeat === undefined) return;
        this.sent.set(to, [...(this.sent.get(to) ?? []), frame.heartbeat]);
      },
    };
    this.#outbox = new Outbox(peers, () => {});
    const node = (id: string) => {
      const addresses = { peer: id, redirect: id, api: id, grpc: id };
      return { id, name: id, zone: '', weight: 100, addresses };
    };
    const founders = ['a', 'b', 'c', 'd'].map(node);
    const policy = { shardReplicas: 3, reuseDeadCodes: false };
    const record = { clusterId: 'x', founders, initialShards: 1, policy };
    const { map } = applyMetaCommand(emptyMetaState, { type: 'initialize', record }).state;
    const meta = metaNodes.map((nodeId, i) => ({ id: i + 1, nodeId, role: 'voter' as const }));
    this.heartbeats = new Heartbeats({
      nodeId: 'a',
      host: { disk: this.disk, outbox: this.#outbox, wake: () => {} },
      peers,
      clock,
      observer: silentObserver,
      suspectAfterMs: suspectMs,
      tickMs,
      map: () => (map === undefined ? undefined : { ...map, meta }),
      onOwn: () => this.own++,
      onStandstill: () => this.standstills++,
    });
  }

  /** Ticks with a turn after each, in which a probe that is due is written. */
  run(ms: number): void {
    for (let passed = 0; passed < ms; passed += tickMs) {
      this.nowMs += tickMs;
      this.heartbeats.tick();
      this.#outbox.send({ clockMs: this.nowMs, mapEpoch: 1 });
      if (this.disk.isProbeDue && this.diskMs !== undefined) this.write(this.diskMs);
    }
  }

  write(tookMs: number): void {
    const disk = new FakeDisk(new FakePlatter());
    this.disk.measure(() => {
      const batch = disk.batch();
      this.disk.addProbe(batch);
      disk.write(batch, { sync: true });
      this.nowMs += tookMs;
    });
  }

  count(node: string): number {
    return this.sent.get(node)?.length ?? 0;
  }
}

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});

describe('heartbeats', () => {
  it('go to every other node of the meta group, five in the time that makes a node suspect, and to nobody else', () => {
    bench.run(10 * suspectAfterMs);
    expect(bench.count('b')).toBeGreaterThanOrEqual(38);
    expect(bench.count('b')).toBeLessThanOrEqual(50);
    expect(bench.count('c')).toBe(bench.count('b'));
    expect(bench.own).toBe(bench.count('b'));
    expect(bench.count('d')).toBe(0);
    expect(bench.heartbeats.sickness).toBeUndefined();
  });

  it('leave also where the times are as short as a few ticks and nothing is written', () => {
    for (const suspectMs of [tickMs, 2 * tickMs, 5 * tickMs]) {
      bench = new Bench(['a', 'b', 'c'], suspectMs);
      bench.run(100 * tickMs);
      expect(bench.count('b'), `${suspectMs} ms`).toBeGreaterThan(60);
      expect(bench.standstills).toBe(0);
    }
  });

  it('go to everybody when no node of the meta group can be reached', () => {
    bench = new Bench(['x', 'y', 'z']);
    bench.run(suspectAfterMs);
    expect([...bench.sent.keys()].toSorted()).toEqual(['b', 'c', 'd']);
  });

  it('carry what they are told to carry', () => {
    const facts = {
      chunksHeld: 7,
      chunkBytes: 1234,
      diskFreeBytes: 5,
      chunkProblem: 'the disk is full',
      storeProblem: 'the store is away',
    };
    bench.heartbeats.carry(() => facts);
    bench.run(suspectAfterMs);
    expect(bench.sent.get('b')?.[0]).toEqual(facts);
    bench.heartbeats.measureDisk(() => 99);
    bench.run(suspectAfterMs);
    expect(bench.sent.get('b')?.at(-1)?.diskFreeBytes).toBe(5);
    bench.heartbeats.carry(() => ({ ...facts, diskFreeBytes: undefined }));
    bench.run(suspectAfterMs);
    expect(bench.sent.get('b')?.at(-1)?.diskFreeBytes).toBe(99);
  });

  it('are withheld while the disk does not answer, and leave again once it does (bug 27)', () => {
    bench.run(suspectAfterMs);
    bench.diskMs = undefined;
    bench.run(suspectAfterMs);
    const before = bench.count('b');
    bench.run(5 * suspectAfterMs);
    expect(bench.count('b')).toBe(before);
    expect(bench.heartbeats.sickness).toBe('waiting for the disk');
    bench.diskMs = 0;
    bench.run(suspectAfterMs);
    expect(bench.count('b')).toBeGreaterThan(before);
    expect(bench.heartbeats.sickness).toBeUndefined();
  });

  it('are withheld while the disk takes too long for a write, also when it is busy', () => {
    bench.run(suspectAfterMs);
    const before = bench.count('b');
    for (let i = 0; i < 20; i++) {
      bench.write(suspectAfterMs / 2 + 1);
      bench.run(tickMs);
    }
    expect(bench.count('b')).toBe(before);
    bench.write(1);
    bench.run(suspectAfterMs);
    expect(bench.count('b')).toBeGreaterThan(before);
  });

  it('need no probe where writes go on', () => {
    for (let i = 0; i < 100; i++) {
      bench.write(1);
      bench.run(tickMs);
      expect(bench.disk.isProbeDue).toBe(false);
    }
    expect(bench.count('b')).toBeGreaterThan(10);
  });

  it('are withheld for a moment after this thread stood still, and the leader begins to listen anew', () => {
    bench.run(suspectAfterMs);
    bench.nowMs += 20 * suspectAfterMs;
    bench.write(0);
    const before = bench.count('b');
    bench.run(tickMs);
    expect(bench.count('b')).toBe(before);
    expect(bench.standstills).toBe(1);
    bench.run(suspectAfterMs);
    expect(bench.count('b')).toBeGreaterThan(before);
    expect(bench.standstills).toBe(1);
  });
});
