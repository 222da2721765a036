// SPDX-License-Identifier: Apache-2.0
import { MessageChannel } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import type { RocksHandle } from '../adapters/rocksdb/rocks-kv-engine.ts';
import type { Config } from '../config/options.ts';
import type { MetricsSnapshot } from '../telemetry/local-metrics.ts';
import { ChunkWorker } from './chunk-worker.ts';
import { ColdWorker } from './cold-worker.ts';

export interface ChunkThreadsOptions {
  readonly config: Config;
  readonly handle: RocksHandle;
  readonly nodeId: string;
  /** A new pipe to the engine. */
  readonly connectEngine: () => MessagePort;
  readonly onMetrics: (thread: string, metrics: MetricsSnapshot) => void;
  readonly onFatal: (message: string) => void;
}

/** The thread that makes chunks and the one that reads them: making one computes for seconds, and reads do not wait for it. */
export class ChunkThreads {
  readonly #maker: ChunkWorker;
  readonly #reader: ColdWorker;

  constructor({ connectEngine, onMetrics, onFatal, ...node }: ChunkThreadsOptions) {
    const { port1, port2 } = new MessageChannel();
    this.#reader = new ColdWorker(
      { ...node, engine: connectEngine(), copies: port1 },
      { onFatal, onMetrics: (metrics) => onMetrics('cold', metrics) },
    );
    this.#maker = new ChunkWorker(
      { ...node, engine: connectEngine(), copies: port2 },
      { onFatal, onMetrics: (metrics) => onMetrics('chunk', metrics) },
    );
  }

  async started(): Promise<void> {
    await Promise.all([this.#reader.started(), this.#maker.started()]);
  }

  /** What whoever looks at the node should know; undefined: nothing. */
  get notice(): string | undefined {
    return this.#maker.notice;
  }

  /** A pipe to the rows in chunks for one more thread. */
  connect(): MessagePort {
    return this.#reader.connect();
  }

  /** A pipe to the jobs over the objects. */
  connectUpkeep(): MessagePort {
    return this.#maker.connectUpkeep();
  }

  /** Ends what runs. Nobody may ask for rows any more. */
  async stop(): Promise<void> {
    await Promise.all([this.#maker.stop(), this.#reader.stop()]);
  }
}
