// SPDX-License-Identifier: Apache-2.0
import type { ObjectKey } from './kube-api.ts';

export interface LogOptions {
  readonly container: string;
  /** Goes on with what comes, until the signal or the end of the container. */
  readonly follow: boolean;
  /** Of the container before the last restart. */
  readonly previous: boolean;
  /** Last lines at most; undefined: all that there are. */
  readonly tailLines?: number | undefined;
  /** Of the last time; undefined: all of it. */
  readonly sinceSeconds?: number | undefined;
}

/** What people need of pods beside their objects. Calls throw KubeError. */
export interface PodAccess {
  /** Lines without their newline; one that is longer than a limit is an error. */
  logs(pod: ObjectKey, options: LogOptions, signal: AbortSignal): AsyncIterable<string>;
  /**
   * A way through the API server to a port of a pod, whatever networks and policies are between.
   * @returns host:port on this machine, which leads there until `signal` is aborted
   */
  forward(pod: ObjectKey, port: number, signal: AbortSignal): Promise<string>;
}
