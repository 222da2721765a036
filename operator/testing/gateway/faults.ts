// SPDX-License-Identifier: Apache-2.0
import { KubeError, type ObjectKey, type Resource } from '../../src/ports/kube-api.ts';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'replace' | 'apply' | 'delete' | 'evict';

export interface Call {
  readonly verb: Verb;
  readonly resource: Resource;
  /** Undefined for lists and watches. */
  readonly key: ObjectKey | undefined;
  readonly isWrite: boolean;
}

export interface FaultOptions {
  readonly error: KubeError;
  /** Undefined: all. `write` are all that change something. */
  readonly verb?: Verb | 'write' | undefined;
  readonly plural?: string | undefined;
  readonly name?: string | undefined;
  /** So many calls of this sort get by before. */
  readonly skip?: number;
  readonly times?: number;
  /** `after`: what was asked for has happened, and the answer is lost. */
  readonly when?: 'before' | 'after';
}

export const errors = {
  conflict: () => new KubeError('the object has been modified', { status: 409, reason: 'Conflict' }),
  tooMany: (retryAfterMs = 1000) =>
    new KubeError('too many requests', { status: 429, reason: 'TooManyRequests', retryAfterMs }),
  internal: () => new KubeError('etcdserver: request timed out', { status: 500, reason: 'InternalError' }),
  unavailable: () => new KubeError('apiserver is shutting down', { status: 503, reason: 'ServiceUnavailable' }),
  serverTimeout: () => new KubeError('the server timed out', { status: 504, reason: 'Timeout' }),
  forbidden: () => new KubeError('not allowed', { status: 403, reason: 'Forbidden' }),
  reset: () => new KubeError('connection reset by peer', { status: 0, reason: 'ConnectionReset' }),
  refused: () => new KubeError('connection refused', { status: 0, reason: 'ConnectionRefused' }),
};

/** Failures that wait for the calls that they are meant for. */
export class Faults {
  #waiting: { readonly options: FaultOptions; skip: number; times: number }[] = [];

  add(options: FaultOptions): void {
    this.#waiting.push({ options, skip: options.skip ?? 0, times: options.times ?? 1 });
  }

  clear(): void {
    this.#waiting = [];
  }

  /** The failure that this call meets, if any; each call takes one. */
  take(call: Call): FaultOptions | undefined {
    for (const one of this.#waiting) {
      if (!matches(one.options, call)) continue;
      if (one.skip > 0) {
        one.skip--;
        continue;
      }
      one.times--;
      if (one.times <= 0) this.#waiting = this.#waiting.filter((each) => each !== one);
      return one.options;
    }
    return undefined;
  }
}

function matches(options: FaultOptions, call: Call): boolean {
  const isVerb = options.verb === undefined || options.verb === call.verb || (options.verb === 'write' && call.isWrite);
  const isPlural = options.plural === undefined || options.plural === call.resource.plural;
  return isVerb && isPlural && (options.name === undefined || options.name === call.key?.name);
}
