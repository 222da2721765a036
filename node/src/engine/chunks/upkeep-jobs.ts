// SPDX-License-Identifier: Apache-2.0
import type { ClusterId, ShardId } from '@shortlink/common/ids.ts';
import { ServiceError } from '@shortlink/common/errors.ts';
import type {
  ChunkUpkeep,
  ShardScrub,
  UpkeepJob,
  UpkeepProgress,
  UpkeepReport,
  UpkeepRequest,
} from '../../ports/chunk-upkeep.ts';
import { ObjectStoreError } from '../../ports/object-store.ts';
import { SupersededError } from '../archive/supersession.ts';
import type { ChunkContext } from './chunk-context.ts';
import type { Collector } from './collector.ts';
import { collectShard } from './gc-job.ts';
import { scrubShard } from './scrub-job.ts';

const uncheckedStore =
  'this node could not check yet whether the object store keeps its promises, and changes nothing in it until then; its log says why';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface RunningJob extends Mutable<Pick<UpkeepJob, 'id' | 'request' | 'startedAtMs' | 'state'>> {
  readonly progress: Mutable<UpkeepProgress>;
}

/** Jobs over the objects of all shards, one at a time. What they report is kept until the next one begins. */
export class UpkeepJobs implements ChunkUpkeep {
  readonly #context: ChunkContext;
  readonly #collector: Collector;
  #latest: RunningJob | undefined;

  constructor(context: ChunkContext, collector: Collector) {
    this.#context = context;
    this.#collector = collector;
  }

  async start(request: UpkeepRequest): Promise<UpkeepJob | undefined> {
    if (this.#latest?.state.kind === 'running') return undefined;
    const job: RunningJob = {
      id: (this.#latest?.id ?? 0) + 1,
      request,
      startedAtMs: this.#context.clock.nowMs(),
      progress: { shards: 0, shardsDone: 0, bytes: 0, bytesDone: 0 },
      state: { kind: 'running' },
    };
    this.#latest = job;
    void this.#run(job).catch(this.#context.onFatal);
    return structuredClone(job);
  }

  async job(): Promise<UpkeepJob | undefined> {
    return structuredClone(this.#latest);
  }

  async #run(job: RunningJob): Promise<void> {
    try {
      const report = await this.#report(job);
      job.state = { kind: 'done', report, endedAtMs: this.#context.clock.nowMs() };
    } catch (error) {
      const isExpected =
        error instanceof ServiceError || error instanceof ObjectStoreError || error instanceof SupersededError;
      if (!isExpected) throw error;
      job.state = { kind: 'failed', message: error.message, endedAtMs: this.#context.clock.nowMs() };
    }
  }

  async #report({ request, progress }: RunningJob): Promise<UpkeepReport> {
    const map = this.#context.shards.map();
    if (map === undefined) throw new ServiceError('unavailable', 'the cluster has not formed yet');
    const writes = request.kind === 'gc' ? !request.dryRun : request.repair;
    if (writes && !this.#context.mayWrite()) throw new ServiceError('unavailable', uncheckedStore);
    const { clusterId } = map;
    const ids = map.shards.map(({ id }) => id);
    progress.shards = ids.length;
    if (request.kind === 'gc') {
      const { dryRun } = request;
      const shards = await eachShard(ids, progress, async (shard) =>
        collectShard(this.#context, { collector: this.#collector, clusterId, shard, dryRun }),
      );
      return { kind: 'gc', dryRun, shards };
    }
    const { repair } = request;
    const shards = await eachShard(ids, progress, async (shard) => this.#scrub({ clusterId, shard, repair }, progress));
    this.#context.observer.scrubbed(shards);
    return { kind: 'scrub', repair, shards };
  }

  async #scrub(
    what: { readonly clusterId: ClusterId; readonly shard: ShardId; readonly repair: boolean },
    progress: Mutable<UpkeepProgress>,
  ): Promise<ShardScrub> {
    const onBytes = ({ all = 0, done = 0 }): void => {
      progress.bytes += all;
      progress.bytesDone += done;
    };
    return scrubShard(this.#context, { ...what, collector: this.#collector, onBytes });
  }
}

async function eachShard<T>(
  ids: readonly ShardId[],
  progress: Mutable<UpkeepProgress>,
  work: (shard: ShardId) => Promise<T>,
): Promise<T[]> {
  const done: T[] = [];
  for (const shard of ids) {
    done.push(await work(shard));
    progress.shardsDone++;
  }
  return done;
}
