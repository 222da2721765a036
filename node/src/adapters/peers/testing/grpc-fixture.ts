// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock, Timers } from '../../../ports/clock.ts';
import type { PeerHandler } from '../../../ports/peers.ts';
import type { ContractNode, PeersFixture } from '../../../ports/testing/peers-contract.ts';
import { systemClock } from '../../system/system-clock.ts';
import { SystemRandom } from '../../system/system-random.ts';
import { systemTimers } from '../../system/system-timers.ts';
import { createGrpcPeers } from '../grpc-peers.ts';
import type { GrpcPeersOptions } from '../grpc-peers.ts';
import type { PeerCertificates } from '../peer-certificates.ts';
import type { PeersObserver } from '../peers-observer.ts';

const patienceMs = 20_000;
/** Several attempts to dial, and many round trips on the loopback interface. */
const aWhileMs = 400;

export interface NodeOptions {
  readonly nodeId: string;
  readonly clusterId: string | undefined | (() => string | undefined);
  readonly handler: PeerHandler;
  readonly address?: string | undefined;
  readonly tls?: PeerCertificates | undefined;
  readonly queueMaxBytes?: number | undefined;
  readonly snapshotBytesPerSecond?: number | undefined;
  /** Time that the test moves; the system's by default. */
  readonly time?: (Clock & Timers) | undefined;
}

/** Remembers what the transport reports. */
export class RecordingObserver implements PeersObserver {
  readonly lines: string[] = [];
  dropped = 0;

  count(): void {
    this.dropped++;
  }

  log(level: string, message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
  }
}

export interface GrpcNode extends ContractNode {
  readonly observer: RecordingObserver;
}

/** Nodes of this process that talk over the loopback interface. */
export class GrpcFixture implements PeersFixture {
  readonly #nodes: ContractNode[] = [];

  async addNode(options: NodeOptions): Promise<GrpcNode> {
    const observer = new RecordingObserver();
    const { clusterId } = options;
    const settings: GrpcPeersOptions = {
      self: { nodeId: options.nodeId, clusterId: typeof clusterId === 'function' ? clusterId : () => clusterId },
      listen: options.address ?? '127.0.0.1:0',
      tls: options.tls,
      snapshotBytesPerSecond: options.snapshotBytesPerSecond ?? 1e9,
      queueMaxBytes: options.queueMaxBytes ?? 64e6,
      handler: options.handler,
      observer,
      clock: options.time ?? systemClock,
      timers: options.time ?? systemTimers,
      random: new SystemRandom(),
    };
    const { peers, start } = createGrpcPeers(settings);
    const address = `127.0.0.1:${await start()}`;
    const node = { peers, address, observer, crash: async () => peers.close() };
    this.#nodes.push(node);
    return node;
  }

  async until(condition: () => boolean): Promise<void> {
    for (let waitedMs = 0; !condition(); waitedMs += 5) {
      if (waitedMs > patienceMs) throw new Error('what was waited for did not happen');
      await sleep(5);
    }
  }

  async aWhile(): Promise<void> {
    await sleep(aWhileMs);
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#nodes.map(async (node) => node.peers.close()));
  }
}
