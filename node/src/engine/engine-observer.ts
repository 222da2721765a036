// SPDX-License-Identifier: Apache-2.0

/** What the engine reports about itself; telemetry and logs listen. It changes nothing that the engine does. */
export interface EngineObserver {
  /** Runs `work` and measures it. */
  time<T>(what: 'fsync' | 'write' | 'apply', work: () => T): T;
  turnTook(durationMs: number): void;
  persisted(writes: number, synced: boolean): void;
  applied(entries: number): void;
  count(what: EngineEvent): void;
  log(level: 'info' | 'warn' | 'error', message: string, fields?: Readonly<Record<string, unknown>>): void;
}

export type EngineEvent =
  | 'stateHashMismatch'
  | 'snapshotSent'
  | 'snapshotReceived'
  | 'snapshotFailed'
  | 'forwarded'
  | 'frameDropped'
  | 'leaderChange';

/** For tests and the simulator. */
export const silentObserver: EngineObserver = {
  time: (_what, work) => work(),
  turnTook: () => {},
  persisted: () => {},
  applied: () => {},
  count: () => {},
  log: () => {},
};
