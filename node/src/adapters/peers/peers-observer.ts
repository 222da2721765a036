// SPDX-License-Identifier: Apache-2.0

/** What the transport reports about itself; the engine's observer is one. */
export interface PeersObserver {
  /** Messages were not sent, or not understood. */
  count(what: 'frameDropped'): void;
  log(level: 'info' | 'warn' | 'error', message: string, fields?: Readonly<Record<string, unknown>>): void;
}
