// SPDX-License-Identifier: Apache-2.0
import type { Operation } from './closed-loop.ts';

/** Connections of one run to one contender. */
export interface Session {
  readonly operate: Operation;
  readonly close: () => Promise<void>;
}

/** A server under load. */
export interface Target {
  /** With its version: `etcd 3.4.23`. */
  readonly name: string;
  /** What an answer promises. */
  readonly durable: string;
  /** What clients and connections look like. */
  readonly clients: string;
  readonly pids: () => readonly number[];
  readonly open: () => Promise<Session>;
}
