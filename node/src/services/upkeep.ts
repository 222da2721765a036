// SPDX-License-Identifier: Apache-2.0
import { ServiceError } from '@shortlink/common/errors.ts';
import type { ChunkUpkeep, UpkeepJob, UpkeepRequest } from '../ports/chunk-upkeep.ts';

/** Looking after the objects of chunks on the node that is asked, for the shards of the whole cluster. */
export interface UpkeepService {
  /** Begins a job. @throws ServiceError conflict while another one runs, preconditionFailed without an object store */
  start(request: UpkeepRequest): Promise<UpkeepJob>;
  /** The job that runs on this node, or the last one that did since it started. @throws ServiceError notFound */
  job(): Promise<UpkeepJob>;
}

/** `upkeep` undefined: this node knows no object store. */
export function newUpkeepService(upkeep: ChunkUpkeep | undefined): UpkeepService {
  const there = (): ChunkUpkeep => {
    if (upkeep !== undefined) return upkeep;
    throw new ServiceError('preconditionFailed', 'there is no object store to look after: set objectStore.url');
  };
  return {
    start: async (request) => {
      const job = await there().start(request);
      if (job !== undefined) return job;
      throw new ServiceError('conflict', 'this node has such a job already; wait for it, or ask another node');
    },
    job: async () => {
      const job = await there().job();
      if (job !== undefined) return job;
      throw new ServiceError('notFound', 'this node has had no such job since it started; ask for one');
    },
  };
}
