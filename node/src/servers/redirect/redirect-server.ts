// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import type { HostPort } from '@shortlink/common/host-port.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Resolver } from '../../services/redirect.ts';
import type { MetricsSink } from '../../telemetry/sink.ts';
import { boundAddress, listen } from '../listen.ts';
import { CodeBatcher } from './code-batcher.ts';
import { Connection } from './connection.ts';
import type { ConnectionLimits, RedirectResult } from './connection.ts';
import { Responses } from './responses.ts';
import type { RedirectStatus } from './responses.ts';

export interface RedirectServerOptions {
  readonly resolver: Resolver;
  readonly clock: Clock;
  readonly metrics: MetricsSink;
  readonly status: RedirectStatus;
  readonly maxAgeSeconds: number;
  readonly maxConnections: number;
  /** Other threads listen on the same address, too. */
  readonly sharesAddress?: boolean | undefined;
  /** A defect in the resolver; its codes were answered with 503. */
  readonly onError: (error: unknown) => void;
  readonly limits?: Partial<ConnectionLimits> | undefined;
}

const defaultLimits: ConnectionLimits = {
  maxPipelined: 256,
  headTimeoutMs: 10_000,
  idleTimeoutMs: 60_000,
  writeTimeoutMs: 10_000,
};
const batching = {
  maxInFlight: 2,
  // More than a confirmation takes between neighbours.
  patienceMs: 5,
  pace: { minGapMs: 2, maxGapMs: 5, fullCodes: 64, busyCodesPerSecond: 4000 },
  maxWaiting: 10_000,
};
const sweepIntervalMs = 500;

/** Serves `GET|HEAD /{code}`; made for one thread that does nothing else. */
export class RedirectServer {
  readonly #options: RedirectServerOptions;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  readonly #counts: Record<RedirectResult, number> = { found: 0, notFound: 0, gone: 0, unavailable: 0, refused: 0 };
  #dirty: Connection[] = [];
  #flushScheduled = false;
  #draining = false;
  #sweeper: NodeJS.Timeout | undefined;
  #drained: (() => void) | undefined;

  constructor(options: RedirectServerOptions) {
    this.#options = options;
    const { resolver, onError, clock } = options;
    const onBatch = (codes: number) => options.metrics.observe('shortlink_node_redirect_batch_codes', codes);
    const onAnswered = (codes: number, elapsedMs: number) =>
      options.metrics.observeMany('shortlink_node_redirect_seconds', elapsedMs / 1000, codes);
    const batcher = new CodeBatcher(
      { ...batching, resolver, monotonicMs: () => clock.monotonicMs(), onBatch, onAnswered, onError },
      () => this.#flush(),
    );
    const context = {
      batcher,
      responses: new Responses(options),
      limits: { ...defaultLimits, ...options.limits },
      monotonicMs: () => clock.monotonicMs(),
      isDraining: () => this.#draining,
      count: (result: RedirectResult) => void this.#counts[result]++,
      dirty: (connection: Connection) => this.#markDirty(connection),
    };
    // Half open, so that answers still reach a client that has shut down its sending side.
    this.#server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
      const connection = new Connection(socket, context);
      this.#connections.add(connection);
      socket.on('close', () => {
        this.#connections.delete(connection);
        if (this.#connections.size === 0) this.#drained?.();
      });
    });
    this.#server.maxConnections = options.maxConnections;
    this.#server.on('drop', () => options.metrics.add('shortlink_node_redirect_connections_dropped_total', 1));
  }

  /** Resolves with the address that is bound. Rejects when it cannot be. */
  async listen(address: HostPort): Promise<HostPort> {
    await listen(this.#server, address, this.#options.sharesAddress);
    this.#sweeper = setInterval(() => this.#sweep(), sweepIntervalMs);
    this.#sweeper.unref();
    return boundAddress(this.#server);
  }

  /** Stops accepting, finishes the answers, closes each connection after its answer. Resolves when all are closed. */
  async drain(): Promise<void> {
    this.#draining = true;
    this.#server.close();
    const drained = new Promise<void>((resolve) => (this.#drained = resolve));
    if (this.#connections.size === 0) this.#drained?.();
    this.#sweep();
    await drained;
  }

  /** Ends at once. */
  async close(): Promise<void> {
    clearInterval(this.#sweeper);
    this.#publish();
    const closed = new Promise<void>((resolve) => {
      if (this.#server.listening) this.#server.close(() => resolve());
      else resolve();
    });
    for (const connection of this.#connections) connection.destroy();
    await closed;
  }

  #markDirty(connection: Connection): void {
    this.#dirty.push(connection);
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#flushScheduled = false;
    const dirty = this.#dirty;
    this.#dirty = [];
    for (const connection of dirty) connection.flush();
  }

  #sweep(): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const connection of this.#connections) connection.sweep(nowMs);
    this.#publish();
  }

  /** Counted in plain numbers and published now and then: a request must not pay for its label. */
  #publish(): void {
    const { metrics } = this.#options;
    for (const result of ['found', 'notFound', 'gone', 'unavailable', 'refused'] as const) {
      const count = this.#counts[result];
      this.#counts[result] = 0;
      if (count > 0) metrics.add('shortlink_node_redirects_total', count, { result });
    }
    metrics.set('shortlink_node_redirect_connections', this.#connections.size);
  }
}
