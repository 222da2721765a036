// SPDX-License-Identifier: Apache-2.0
import type { ShardCollection, ShardScrub, UpkeepJob, UpkeepRequest } from '../../ports/chunk-upkeep.ts';
import type { UpkeepService } from '../../services/upkeep.ts';
import { Fields } from './fields.ts';
import type { Route } from './route.ts';
import type { SchemaName } from './schemas.ts';
import { formatTimestamp } from './timestamp.ts';

/** Jobs over the objects of chunks: this node does them, one at a time, for the shards of the whole cluster. */
export function upkeepRoutes(upkeep: UpkeepService): readonly Route[] {
  return [
    startRoute(upkeep, {
      verb: 'gc',
      id: 'collectChunks',
      summary: 'Delete objects that nothing refers to any more',
      schema: 'CollectOrder',
      option: 'dryRun',
      requestOf: (dryRun) => ({ kind: 'gc', dryRun }),
    }),
    startRoute(upkeep, {
      verb: 'scrub',
      id: 'scrubChunks',
      summary: 'Read every object of a chunk again, and make anew what is missing or wrong',
      schema: 'ScrubOrder',
      option: 'repair',
      requestOf: (repair) => ({ kind: 'scrub', repair }),
    }),
    {
      method: 'GET',
      path: '/api/v1/admin/chunks/job',
      scope: 'admin',
      operation: {
        id: 'getChunkJob',
        tag: 'admin',
        summary: 'Read how far the job of this node is, or how its last one ended',
        success: { status: 200, description: 'The job.', schema: 'UpkeepJob' },
        problems: ['notFound', 'preconditionFailed'],
      },
      handle: async () => ({ status: 200, body: jobJson(await upkeep.job()) }),
    },
  ];
}

interface StartSpec {
  readonly verb: string;
  readonly id: string;
  readonly summary: string;
  readonly schema: SchemaName;
  readonly option: string;
  readonly requestOf: (option: boolean) => UpkeepRequest;
}

function startRoute(upkeep: UpkeepService, { verb, id, summary, schema, option, requestOf }: StartSpec): Route {
  return {
    method: 'POST',
    path: `/api/v1/admin/chunks:${verb}`,
    scope: 'admin',
    operation: {
      id,
      tag: 'admin',
      summary,
      description: 'Begins a job on the node that is asked; a node has one at a time.',
      request: schema,
      success: { status: 202, description: 'It has begun; its end is to be asked for.', schema: 'UpkeepJob' },
      problems: ['conflict', 'preconditionFailed', 'invalid', 'tooLarge', 'unsupportedMediaType'],
    },
    handle: async (request) => {
      const isOn = new Fields(await request.json(), [option]).optionalBoolean(option) ?? false;
      return { status: 202, body: jobJson(await upkeep.start(requestOf(isOn))) };
    },
  };
}

function jobJson({ id, request, startedAtMs, progress, state }: UpkeepJob) {
  const report = state.kind === 'done' ? state.report : undefined;
  const { shards, shardsDone, bytes, bytesDone } = progress;
  return {
    id,
    kind: request.kind,
    option: request.kind === 'gc' ? request.dryRun : request.repair,
    state: state.kind,
    startedAt: formatTimestamp(startedAtMs),
    endedAt: state.kind === 'running' ? null : formatTimestamp(state.endedAtMs),
    message: state.kind === 'failed' ? state.message : null,
    progress: { shards, shardsDone, bytes, bytesDone },
    collections: report?.kind === 'gc' ? report.shards.map(collectionJson) : [],
    scrubs: report?.kind === 'scrub' ? report.shards.map(scrubJson) : [],
  };
}

function collectionJson({ shard, objects, pending, foreign, abortedUploads }: ShardCollection) {
  const shown = objects.map(({ name, sizeBytes, standing, wait }) => {
    return { name, sizeBytes, standing, waitsFor: wait ?? null };
  });
  return { shard, objects: shown, pending, foreign, abortedUploads };
}

function scrubJson({ shard, checkedObjects, checkedBytes, findings, pending, foreign }: ShardScrub) {
  const shown = findings.map(({ name, problem, detail, repair }) => {
    return { name, problem, detail, repair: repair ?? null };
  });
  return { shard, checkedObjects, checkedBytes, findings: shown, pending, foreign };
}
