// SPDX-License-Identifier: Apache-2.0
import { limits } from '@shortlink/common/limits.ts';
import { chunkSchemas } from './chunk-schemas.ts';
import { upkeepSchemas } from './upkeep-schemas.ts';
import { code, creatorId, id, list, nodeId, object, ref, text, timestamp, url, whole } from './schema-parts.ts';

const link = {
  code,
  url: { ...url, description: 'As browsers read it (WHATWG URL).' },
  creatorId,
  createdAt: timestamp,
  updatedAt: timestamp,
  expiresAt: { type: ['string', 'null'], format: 'date-time' },
  disabled: { type: 'boolean' },
  revision: { type: 'integer', minimum: 1, description: 'Raised by each change; the ETag holds it.' },
};

const newLink = {
  url,
  code: { ...code, description: 'Without it a code is generated.' },
  codeLength: {
    type: 'integer',
    minimum: limits.generatedCodeMinLength,
    maximum: limits.generatedCodeMaxLength,
    description: 'Of a generated code.',
  },
  expiresAt: timestamp,
  creatorId,
};

const linkChanges = {
  url,
  expiresAt: { type: ['string', 'null'], format: 'date-time', description: 'Null takes the expiry away.' },
  disabled: { type: 'boolean' },
};

const node = {
  id: nodeId,
  name: text,
  zone: text,
  weight: { type: 'integer', minimum: 1, maximum: limits.nodeMaxWeight, description: 'In percent of a usual node.' },
  state: { enum: ['active', 'draining'] },
  isOut: { type: 'boolean', description: 'Away for so long that others take its place.' },
  liveness: {
    enum: ['ALIVE', 'SUSPECT', 'DOWN', 'OUT', null],
    description: 'Null while the leader of the meta group cannot be asked.',
  },
  addresses: object({ peer: text, redirect: text, api: text, grpc: text }, ['peer', 'redirect', 'api', 'grpc']),
};

const replica = { id, nodeId, role: { enum: ['voter', 'learner'] } };

const shard = {
  id,
  start: { type: 'string', description: 'First routing key, in hexadecimal digits.' },
  end: { type: ['string', 'null'], description: 'The routing key after the last one; null: to the end of all keys.' },
  leaderNodeId: { type: ['string', 'null'] },
  replicas: list(ref('Replica')),
};

const replicaStatus = {
  shard: id,
  replicaId: id,
  role: { enum: ['leader', 'follower', 'candidate', 'learner'] },
  term: id,
  leaderReplicaId: { type: ['integer', 'null'] },
  commitIndex: id,
  appliedIndex: id,
  firstIndex: id,
  lastIndex: id,
  voters: list(id),
  learners: list(id),
  revision: id,
  shardTime: timestamp,
  stateHash: text,
  healthy: { type: 'boolean' },
};

const ringNode = {
  id: nodeId,
  state: { enum: ['ALIVE', 'SUSPECT', 'DOWN', 'OUT'] },
  silentMs: { type: 'integer', minimum: 0, description: 'Since its last heartbeat.' },
  heldUntil: { type: ['string', 'null'], format: 'date-time', description: 'Until then it does not go OUT.' },
  chunksHeld: { type: ['integer', 'null'], description: 'Null when its last heartbeat is old.' },
  chunkBytes: { type: ['integer', 'null'] },
  diskFreeBytes: { type: ['integer', 'null'] },
  chunkProblem: { type: ['string', 'null'], description: 'Why it holds fewer chunks than it should.' },
  storeProblem: {
    type: ['string', 'null'],
    description: 'Why what it should bring to the object store is not there.',
  },
};

const ringEvent = {
  id,
  time: timestamp,
  ringEpoch: id,
  kind: text,
  nodeId: { type: ['string', 'null'] },
  shard: { type: ['integer', 'null'] },
  replicaId: { type: ['integer', 'null'] },
  reason: text,
};

const ring = {
  leaderNodeId: nodeId,
  epoch: id,
  operatorEpoch: id,
  brake: { type: ['string', 'null'], description: 'Why nothing moves; null while things may.' },
  nodes: list(ref('RingNode')),
  chunks: whole({ total: id, underReplicated: id, moving: id }),
  lastChange: {
    oneOf: [{ type: 'null' }, whole({ movedShare: { type: 'number' }, bound: { type: 'number' } })],
    description: 'Share of the copies of chunks that the last change of the ring moves, on a sample, and its bound.',
  },
  events: list(ref('RingEvent')),
};

const cluster = {
  clusterId: { type: ['string', 'null'], description: 'Null before the cluster has formed.' },
  epoch: { type: ['integer', 'null'] },
  ringEpoch: { type: ['integer', 'null'] },
  self: object({ nodeId: { type: ['string', 'null'] }, name: text, waitingFor: { type: ['string', 'null'] } }, [
    'nodeId',
    'name',
    'waitingFor',
  ]),
  metaLeaderNodeId: { type: ['string', 'null'] },
  nodes: list(ref('Node')),
  meta: list(ref('Replica')),
  shards: list(ref('Shard')),
  replicas: list(ref('ReplicaStatus')),
  ring: {
    oneOf: [{ type: 'null' }, ref('Ring')],
    description: 'Null while the leader of the meta group cannot be asked.',
  },
};

const problem = {
  type: { type: 'string', format: 'uri', description: 'Stable name for programs.' },
  title: text,
  status: { type: 'integer', minimum: 400, maximum: 599 },
  detail: text,
  field: { type: 'string', description: 'The input that is wrong.' },
  retryable: { type: 'boolean', description: 'The same request may succeed later without a change.' },
};

/** The JSON Schemas of everything that goes over the HTTP API. */
export const schemas = {
  Link: object(link, ['code', 'url', 'creatorId', 'createdAt', 'updatedAt', 'expiresAt', 'disabled', 'revision']),
  NewLink: object(newLink, ['url']),
  LinkChanges: { ...object(linkChanges, []), minProperties: 1 },
  NewLinks: object({ links: { ...list(ref('NewLink'), limits.batchMaxLinks), minItems: 1 } }, ['links']),
  BatchResults: object({ results: list(ref('BatchResult'), limits.batchMaxLinks) }, ['results']),
  BatchResult: {
    oneOf: [
      object({ status: { const: 201 }, link: ref('Link') }, ['status', 'link']),
      object({ status: { type: 'integer', minimum: 400, maximum: 599 }, error: ref('Problem') }, ['status', 'error']),
    ],
  },
  LinkPage: object(
    {
      links: list(ref('Link'), limits.listMaxLinks),
      cursor: { type: ['string', 'null'], description: 'Null at the end.' },
    },
    ['links', 'cursor'],
  ),
  Node: object(node, ['id', 'name', 'zone', 'weight', 'state', 'isOut', 'liveness', 'addresses']),
  RingNode: whole(ringNode),
  RingEvent: whole(ringEvent),
  Ring: whole(ring),
  Replica: object(replica, ['id', 'nodeId', 'role']),
  Shard: object(shard, ['id', 'start', 'end', 'leaderNodeId', 'replicas']),
  ReplicaStatus: object(replicaStatus, [
    'shard',
    'replicaId',
    'role',
    'term',
    'leaderReplicaId',
    'commitIndex',
    'appliedIndex',
    'firstIndex',
    'lastIndex',
    'voters',
    'learners',
    'revision',
    'shardTime',
    'stateHash',
    'healthy',
  ]),
  Cluster: whole(cluster),
  Transfer: object({ toNodeId: nodeId }, ['toNodeId']),
  ...chunkSchemas,
  ...upkeepSchemas,
  OperatorEpoch: object({ operatorEpoch: id }, ['operatorEpoch']),
  HoldOrder: object({ operatorEpoch: id, durationMs: { type: 'integer', minimum: 1, maximum: limits.holdMaxMs } }, [
    'operatorEpoch',
    'durationMs',
  ]),
  Document: { type: 'object', required: ['openapi', 'info', 'paths'] },
  Problem: object(problem, ['type', 'title', 'status', 'detail', 'retryable']),
} as const;

export type SchemaName = keyof typeof schemas;
