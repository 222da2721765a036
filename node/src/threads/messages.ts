// SPDX-License-Identifier: Apache-2.0
import type { MessagePort } from 'node:worker_threads';
import type { RocksHandle } from '../adapters/rocksdb/rocks-kv-engine.ts';
import type { Config } from '../config/options.ts';
import type { EngineHealth } from '../engine/engine-api.ts';
import type { MetricsSnapshot } from '../telemetry/local-metrics.ts';

/** What the main thread tells the engine's. */
export type EngineOrder =
  /** Another thread will talk to the engine through this port. */
  | { readonly type: 'serve'; readonly port: MessagePort }
  /** The chunks answer through this port. */
  | { readonly type: 'coldTier'; readonly port: MessagePort }
  /** Hand the leaderships over; answered by `drained`. */
  | { readonly type: 'drain'; readonly timeoutMs: number }
  /** Close everything; the thread ends after it. */
  | { readonly type: 'stop' };

/** What the engine's thread shares with the others: all of it is memory of the process. */
export interface EngineShares {
  readonly handle: RocksHandle;
  /** The words of its LinkVersions. */
  readonly linkVersions: Int32Array<SharedArrayBuffer>;
}

export type EngineReport =
  | { readonly type: 'started'; readonly nodeId: string; readonly shares: EngineShares }
  | { readonly type: 'health'; readonly health: EngineHealth }
  | { readonly type: 'metrics'; readonly metrics: MetricsSnapshot }
  | { readonly type: 'drained' }
  | { readonly type: 'stopped' }
  /** The thread cannot go on, and so the process must not. `expected`: the message says it all, without a stack. */
  | { readonly type: 'fatal'; readonly message: string; readonly expected: boolean };

export interface EngineThreadData {
  readonly config: Config;
}

export interface RedirectThreadData {
  readonly config: Config;
  readonly shares: EngineShares;
  readonly engine: MessagePort;
  /** Undefined without an object store. */
  readonly coldTier: MessagePort | undefined;
}

/** Of the thread that makes chunks, and of the one that reads them. */
export interface ChunkThreadData {
  readonly config: Config;
  readonly handle: RocksHandle;
  readonly nodeId: string;
  readonly engine: MessagePort;
  /** Between the two, about the copies on this disk: `CopyNotice`s go to the one that reads, `CorruptCopy`s to the other. */
  readonly copies: MessagePort;
}

export interface CopyNotice {
  /** A new copy is here, and every row of it was checked; or there is no copy any more. */
  readonly type: 'copied' | 'dropped';
  /** Of the object. */
  readonly name: string;
}

/** A read found that a copy, here or on another node, is not what was written. */
export interface CorruptCopy {
  readonly name: string;
}

export type ChunkOrder =
  /** Another thread will ask for collections and scrubs through this port. */
  { readonly type: 'upkeep'; readonly port: MessagePort } | { readonly type: 'stop' };

export type ColdOrder =
  /** Another thread will ask for rows of chunks through this port. */
  { readonly type: 'serve'; readonly port: MessagePort } | { readonly type: 'stop' };

export type ChunkReport =
  | { readonly type: 'started' }
  /** What whoever looks at the node should know, although it serves. */
  | { readonly type: 'notice'; readonly message: string }
  | { readonly type: 'metrics'; readonly metrics: MetricsSnapshot }
  | { readonly type: 'stopped' }
  | { readonly type: 'fatal'; readonly message: string };

export type ColdReport = Exclude<ChunkReport, { readonly type: 'notice' }>;

export type RedirectOrder = { readonly type: 'drain' } | { readonly type: 'stop' };

export type RedirectReport =
  | { readonly type: 'listening'; readonly address: string }
  | { readonly type: 'metrics'; readonly metrics: MetricsSnapshot }
  | { readonly type: 'drained' }
  | { readonly type: 'fatal'; readonly message: string };
