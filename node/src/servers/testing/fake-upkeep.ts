// SPDX-License-Identifier: Apache-2.0
import type { ChunkUpkeep, UpkeepJob, UpkeepRequest } from '../../ports/chunk-upkeep.ts';
import type { Shards } from '../../ports/shards.ts';

/** Jobs that begin, and end as they are told to. */
export class FakeUpkeep implements ChunkUpkeep {
  readonly #shards: Shards;
  readonly requests: UpkeepRequest[] = [];
  #job: UpkeepJob | undefined;

  constructor(shards: Shards) {
    this.#shards = shards;
  }

  async start(request: UpkeepRequest): Promise<UpkeepJob | undefined> {
    await this.#shards.admin({ type: 'status' }, { timeoutMs: 1000 });
    if (this.#job?.state.kind === 'running') return undefined;
    this.requests.push(request);
    this.#job = {
      id: this.requests.length,
      request,
      startedAtMs: 1_900_000_000_000,
      progress: { shards: 2, shardsDone: 1, bytes: 100, bytesDone: 50 },
      state: { kind: 'running' },
    };
    return this.#job;
  }

  async job(): Promise<UpkeepJob | undefined> {
    await this.#shards.admin({ type: 'status' }, { timeoutMs: 1000 });
    return this.#job;
  }

  end(state: UpkeepJob['state']): void {
    if (this.#job !== undefined) this.#job = { ...this.#job, state };
  }
}
