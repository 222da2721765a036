// SPDX-License-Identifier: Apache-2.0
import type { MetricTable } from '@shortlink/common/metric-table.ts';

const secondsFine = [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const secondsCoarse = [0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const counts = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096];
const byteSizes = [256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304];

const threads = ['main', 'engine', 'redirect', 'chunk', 'cold'] as const;
const tiers = ['local', 'cache', 'holder', 'store'] as const;
const chunkEvents = [
  'digested',
  'exported',
  'exportLost',
  'readBack',
  'corrupt',
  'fetched',
  'merged',
  'mergeVerified',
  'mergeAbandoned',
  'collected',
  'orphanDeleted',
  'repaired',
  'diskFull',
  'dropped',
  'manifestPublished',
  'checkpointTaken',
  'garbageDeleted',
] as const;

/** Every metric of a node. Dashboards, alerts and the reference page follow from this table. */
export const nodeMetrics = {
  shortlink_node_info: {
    type: 'gauge',
    merge: 'max',
    help: '1 while the process runs.',
  },
  shortlink_node_tls_certificate_expiry_timestamp_seconds: {
    type: 'gauge',
    merge: 'max',
    help: 'When the certificate ends that this node shows to its peers, in seconds since 1970. Absent without mutual TLS.',
  },
  shortlink_node_ready: {
    type: 'gauge',
    merge: 'max',
    help: '1 while the node can answer redirects.',
  },

  shortlink_node_writable: {
    type: 'gauge',
    merge: 'max',
    help: '1 while every shard has a leader that this node can reach.',
  },
  shortlink_node_state_hash_mismatches_total: {
    type: 'counter',
    help: 'State hashes of replicas here that differed from their leader’s.',
  },
  shortlink_node_hot_keys: {
    type: 'gauge',
    merge: 'max',
    labels: { shard: 'shard' },
    help: 'Links and keys of the shard whose rows are on the nodes: in generations that are not retired. Only with an object store.',
  },
  shortlink_node_hot_bytes: {
    type: 'gauge',
    merge: 'max',
    labels: { shard: 'shard' },
    help: 'About how many bytes of rows these generations have. Only with an object store.',
  },
  shortlink_node_generations_waiting: {
    type: 'gauge',
    merge: 'max',
    labels: { shard: 'shard' },
    help: 'Generations of the shard that are sealed and not retired; they pile up while the object store is away.',
  },
  shortlink_node_chunks: {
    type: 'gauge',
    merge: 'max',
    labels: { state: ['sealed', 'exported', 'placed', 'retired', 'garbage'] },
    help: 'Generations on their way, chunks of the chunk sets (retired), and objects that wait to be deleted (garbage), of all shards, as this node sees them.',
  },
  shortlink_node_chunks_held: {
    type: 'gauge',
    merge: 'max',
    help: 'Chunks of which this node has reported a copy on its disk.',
  },
  shortlink_node_chunks_under_replicated: {
    type: 'gauge',
    merge: 'max',
    help: 'Chunks with fewer copies on nodes than chunks.redundancy asks for. Each is in the object store all the same.',
  },
  shortlink_node_chunks_moving: {
    type: 'gauge',
    merge: 'max',
    help: 'Copies that the ring wants and that are not there yet.',
  },
  shortlink_node_chunk_candidates: {
    type: 'gauge',
    merge: 'max',
    labels: { shard: 'shard' },
    help: 'Chunks that a lookup may have to ask for one key, at most. Merging keeps it at chunks.maxCandidates.',
  },
  shortlink_node_chunk_rewrites: {
    type: 'gauge',
    merge: 'max',
    labels: { shard: 'shard' },
    help: 'Write amplification: how often the bytes of the chunks were written anew by merges, in the mean and at most.',
  },
  shortlink_node_chunk_garbage_bytes: {
    type: 'gauge',
    merge: 'max',
    help: 'Bytes of objects that nothing refers to any more and that wait to be deleted, of all shards, as this node sees them.',
  },
  shortlink_node_chunk_scrub_objects: {
    type: 'gauge',
    merge: 'max',
    labels: { result: ['right', 'missing', 'corrupt', 'extra', 'unreadable'] },
    help: 'Objects of chunks by what the last scrub on this node found of them; without a scrub there are no series.',
  },
  shortlink_node_chunk_scrub_seconds: {
    type: 'gauge',
    merge: 'max',
    help: 'When the last scrub on this node ended, in seconds since 1970; 0: never since the process started.',
  },
  shortlink_node_chunk_events_total: {
    type: 'counter',
    labels: { event: chunkEvents },
    help: 'Pieces of work on chunks that this node has finished. corrupt: an object or a copy was not what was written.',
  },
  shortlink_node_chunk_bytes_total: {
    type: 'counter',
    labels: { event: chunkEvents },
    help: 'Bytes of chunks that this work moved.',
  },
  shortlink_node_chunk_failures_total: {
    type: 'counter',
    help: 'Pieces of work on chunks that failed and are tried again.',
  },
  shortlink_node_checkpoint_age_seconds: {
    type: 'gauge',
    merge: 'max',
    labels: { shard: 'shard' },
    help: 'Age of the newest checkpoint of a shard, by the node that leads it: what was written after it would be lost with all nodes.',
  },
  shortlink_node_superseded: {
    type: 'gauge',
    merge: 'max',
    help: '1 once another cluster was rebuilt from the objects of this one: it serves what it has and moves nothing to the object store any more.',
  },
  shortlink_node_chunk_missing_total: {
    type: 'counter',
    help: 'Reads of a chunk that is not in the object store although the chunk set names it.',
  },
  shortlink_node_chunk_reads_total: {
    type: 'counter',
    labels: { tier: tiers },
    help: 'Reads of parts of chunks by where they came from: a copy on this disk, what this disk keeps of other reads, another node that holds a copy, the object store.',
  },
  shortlink_node_chunk_read_bytes_total: {
    type: 'counter',
    labels: { tier: tiers },
    help: 'Bytes of these reads.',
  },
  shortlink_node_chunk_cache_bytes: {
    type: 'gauge',
    merge: 'max',
    help: 'Bytes on this disk of chunks of which the node holds no copy: see chunks.diskCacheBytes.',
  },
  shortlink_node_chunk_cache_off: {
    type: 'gauge',
    merge: 'max',
    help: '1 while nothing is kept there because the disk is nearly full or fails; tried again every ten minutes.',
  },
  shortlink_node_chunk_cache_damaged_total: {
    type: 'counter',
    help: 'Parts that came back from there other than they were written, and were read again from elsewhere.',
  },
  shortlink_node_raft_leader: {
    type: 'gauge',
    merge: 'max',
    labels: { shard: 'shard' },
    help: '1 while this node leads the group (shard 0: the meta group).',
  },
  shortlink_node_raft_term: { type: 'gauge', merge: 'max', labels: { shard: 'shard' }, help: 'Term of the group.' },
  shortlink_node_raft_commit_index: {
    type: 'gauge',
    merge: 'max',
    labels: { shard: 'shard' },
    help: 'Last index that is known to be committed.',
  },
  shortlink_node_raft_apply_lag_entries: {
    type: 'gauge',
    merge: 'max',
    labels: { shard: 'shard' },
    help: 'Committed entries that are not applied yet.',
  },
  shortlink_node_raft_voters: {
    type: 'gauge',
    merge: 'max',
    labels: { shard: 'shard' },
    help: 'Replicas of the group that vote, by the node that leads it.',
  },
  shortlink_node_raft_voters_connected: {
    type: 'gauge',
    merge: 'max',
    labels: { shard: 'shard' },
    help: 'Those of them that the leader reaches, itself included. Writes need more than half of the voters.',
  },
  shortlink_node_raft_messages_total: {
    type: 'counter',
    labels: { direction: ['sent', 'received', 'dropped'] },
    help: 'Raft messages to and from other nodes.',
  },
  shortlink_node_raft_snapshots_total: {
    type: 'counter',
    labels: { direction: ['sent', 'received'], result: ['ok', 'failed'] },
    help: 'Snapshots to and from other nodes.',
  },
  shortlink_node_raft_snapshot_received_bytes_total: {
    type: 'counter',
    help: 'Bytes of the snapshots that arrived whole.',
  },

  shortlink_node_disk_free_bytes: {
    type: 'gauge',
    merge: 'max',
    help: 'Bytes that the process may still use where data.dir lies.',
  },
  shortlink_node_disk_size_bytes: {
    type: 'gauge',
    merge: 'max',
    help: 'Size of the file system on which data.dir lies.',
  },
  shortlink_node_clock_offset_seconds: {
    type: 'gauge',
    merge: 'max',
    help: 'Largest difference between the wall clock here and that of another node that was heard lately, the way of the message included.',
  },
  shortlink_node_turn_seconds: {
    type: 'histogram',
    buckets: secondsFine,
    help: 'Duration of a turn of the engine: step, write, apply, answer.',
  },
  shortlink_node_fsync_seconds: {
    type: 'histogram',
    buckets: secondsFine,
    help: 'Duration of the one durable write of a turn.',
  },
  shortlink_node_turn_entries: {
    type: 'histogram',
    buckets: counts,
    help: 'Log entries of a durable write, all groups together.',
  },
  shortlink_node_turn_bytes: {
    type: 'histogram',
    buckets: byteSizes,
    help: 'Log bytes of a durable write, all groups together.',
  },
  shortlink_node_proposal_mutations: {
    type: 'histogram',
    buckets: counts,
    help: 'Mutations of a proposal; each link of a batch is one.',
  },
  shortlink_node_proposals_total: {
    type: 'counter',
    labels: { result: ['committed', 'unavailable', 'overloaded', 'timeout', 'refused'] },
    help: 'Writes that reached this node as leader, by their end.',
  },
  shortlink_node_read_indexes_total: {
    type: 'counter',
    labels: { result: ['ok', 'failed'] },
    help: 'Barriers for linearizable reads.',
  },
  shortlink_node_forwards_total: {
    type: 'counter',
    labels: { result: ['ok', 'unavailable', 'overloaded', 'timeout', 'refused'] },
    help: 'Requests that were handed to another node.',
  },
  shortlink_node_queue_length: {
    type: 'gauge',
    merge: 'sum',
    labels: { queue: ['proposals', 'reads', 'forwards'] },
    help: 'What waits in the queues of the node.',
  },
  shortlink_node_peer_connected: {
    type: 'gauge',
    merge: 'max',
    labels: { node: 'node' },
    help: '1 while the stream to the node is up.',
  },
  shortlink_node_ring_epoch: {
    type: 'gauge',
    merge: 'max',
    help: 'Epoch of the ring that this node knows.',
  },
  shortlink_node_ring_nodes: {
    type: 'gauge',
    merge: 'max',
    labels: { state: ['ALIVE', 'SUSPECT', 'DOWN', 'OUT'] },
    help: 'Nodes of the cluster by what the leader of the meta group hears of them. Only that node has these series.',
  },
  shortlink_node_ring_braked: {
    type: 'gauge',
    merge: 'max',
    help: '1 while too many nodes are down at once, so that nothing moves. Only the leader of the meta group has it.',
  },
  shortlink_node_heartbeats_withheld: {
    type: 'gauge',
    merge: 'max',
    help: '1 while this node sends no heartbeats because its disk or its engine is stuck.',
  },
  shortlink_node_heartbeats_total: {
    type: 'counter',
    help: 'Heartbeats of this node to the meta group. They are withheld while its disk or its engine is stuck.',
  },
  shortlink_node_replica_healthy: {
    type: 'gauge',
    merge: 'max',
    labels: { shard: 'shard' },
    help: '0 once the state hash of the replica differed from the leader’s.',
  },

  shortlink_node_redirects_total: {
    type: 'counter',
    labels: { result: ['found', 'notFound', 'gone', 'unavailable', 'refused'] },
    help: 'Requests of the redirect listener by their result.',
  },
  shortlink_node_redirect_seconds: {
    type: 'histogram',
    buckets: secondsFine,
    help: 'From the turn in which a request of the redirect listener was read to its answer.',
  },
  shortlink_node_redirect_batch_codes: {
    type: 'histogram',
    buckets: counts,
    help: 'Codes that were resolved in one call.',
  },
  shortlink_node_link_cache_lookups_total: {
    type: 'counter',
    labels: { result: ['hit', 'miss'] },
    help: 'Look-ups in the caches of links of the redirect threads; a miss reads the store.',
  },
  shortlink_node_link_cache_bytes: {
    type: 'gauge',
    merge: 'sum',
    help: 'Memory that the caches of links take, about.',
  },
  shortlink_node_redirect_connections: {
    type: 'gauge',
    merge: 'sum',
    help: 'Open connections of the redirect listener.',
  },
  shortlink_node_redirect_connections_dropped_total: {
    type: 'counter',
    help: 'Connections that were closed at once because too many were open.',
  },

  shortlink_node_api_requests_total: {
    type: 'counter',
    labels: { transport: ['http', 'grpc'], outcome: ['ok', 'clientError', 'serverError'] },
    help: 'Requests of the APIs; each message of a stream counts.',
  },
  shortlink_node_api_request_seconds: {
    type: 'histogram',
    labels: { transport: ['http', 'grpc'] },
    buckets: secondsCoarse,
    help: 'Duration of the requests of the APIs.',
  },

  shortlink_node_event_loop_delay_seconds: {
    type: 'gauge',
    merge: 'max',
    labels: { thread: threads, quantile: ['0.5', '0.99', '1'] },
    help: 'Delay of the event loop since the last scrape.',
  },
} as const satisfies MetricTable;

export type NodeMetrics = typeof nodeMetrics;
export type ThreadName = (typeof threads)[number];
