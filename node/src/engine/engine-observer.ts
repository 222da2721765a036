// SPDX-License-Identifier: Apache-2.0

/** What the engine reports about itself; telemetry and logs listen. It changes nothing that the engine does. */
export interface EngineObserver {
  /** Runs `work` and measures it. `fsync`: the one durable write of a turn. */
  time<T>(what: 'fsync' | 'write' | 'apply', work: () => T): T;
  turnTook(durationMs: number): void;
  /** A turn wrote log entries of all groups together. */
  persisted(entries: number, bytes: number): void;
  /** A leader put so many mutations into one entry; each link of a batch is one. */
  proposed(mutations: number): void;
  count(what: EngineEvent, times?: number): void;
  log(level: 'info' | 'warn' | 'error', message: string, fields?: Readonly<Record<string, unknown>>): void;
}

export type EngineEvent =
  | 'stateHashMismatch'
  | 'snapshotSent'
  | 'snapshotSendFailed'
  | 'snapshotReceived'
  | 'snapshotByteReceived'
  | 'snapshotReceiveFailed'
  | 'messageSent'
  | 'messageReceived'
  | 'frameDropped'
  | 'heartbeatSent'
  | 'writeCommitted'
  | 'writeUnavailable'
  | 'writeOverloaded'
  | 'writeTimeout'
  | 'writeRefused'
  | 'readConfirmed'
  | 'readFailed'
  | 'forwardOk'
  | 'forwardUnavailable'
  | 'forwardOverloaded'
  | 'forwardTimeout'
  | 'forwardRefused';

/** For tests and the simulator. */
export const silentObserver: EngineObserver = {
  time: (_what, work) => work(),
  turnTook: () => {},
  persisted: () => {},
  proposed: () => {},
  count: () => {},
  log: () => {},
};
