// SPDX-License-Identifier: Apache-2.0
import { type Dashboard, lines, type Row, stat } from './dashboard.ts';
import { ofCluster, ofPods as p, quantile, rate, share } from './queries.ts';

const now: Row = {
  title: 'Now',
  panels: [
    stat('Ready', 'bool', `min(shortlink_node_ready{${p}})`),
    stat('Writable', 'bool', `min(shortlink_node_writable{${p}})`, 'Every shard has a leader that the node can reach.'),
    stat('Runs for', 's', `time() - max(process_start_time_seconds{${p}})`),
    stat(
      'Free on the volume',
      'percentunit',
      `min(shortlink_node_disk_free_bytes{${p}} / shortlink_node_disk_size_bytes{${p}})`,
    ),
    stat(
      'Heartbeats withheld',
      'bool',
      `max(shortlink_node_heartbeats_withheld{${p}})`,
      'Its disk or its engine is stuck.',
    ),
    stat(
      'Replicas that differ',
      'short',
      `count(shortlink_node_replica_healthy{${p}} == 0) or sum(shortlink_node_ready{${p}}) * 0`,
    ),
  ],
};

const machine: Row = {
  title: 'Process',
  panels: [
    lines('CPU', 'short', [[rate(`process_cpu_seconds_total{${p}}`, 'pod'), '{{pod}}']], 'Seconds of CPU a second.'),
    lines('Memory', 'bytes', [
      [`sum by (pod) (process_resident_memory_bytes{${p}})`, '{{pod}} resident'],
      [`sum by (pod) (nodejs_heap_size_used_bytes{${p}})`, '{{pod}} heap of the main thread'],
    ]),
    lines('Delay of the threads, p99', 's', [
      [`max by (pod, thread) (shortlink_node_event_loop_delay_seconds{${p}, quantile="0.99"})`, '{{pod}} {{thread}}'],
    ]),
    lines('Collecting garbage', 's', [[rate(`nodejs_gc_duration_seconds_sum{${p}}`, 'pod'), '{{pod}}']]),
    lines('Open files', 'short', [[`sum by (pod) (process_open_fds{${p}})`, '{{pod}}']]),
    lines('Volume', 'bytes', [
      [`min by (pod) (shortlink_node_disk_free_bytes{${p}})`, '{{pod}} free'],
      [`max by (pod) (shortlink_node_disk_size_bytes{${p}})`, '{{pod}} size'],
    ]),
  ],
};

const serving: Row = {
  title: 'Serving',
  panels: [
    lines('Redirects by result', 'reqps', [[rate(`shortlink_node_redirects_total{${p}}`, 'result'), '{{result}}']]),
    lines('Time of redirects', 's', [
      [quantile(0.5, 'shortlink_node_redirect_seconds', { matchers: p, by: 'pod' }), '{{pod}} p50'],
      [quantile(0.99, 'shortlink_node_redirect_seconds', { matchers: p, by: 'pod' }), '{{pod}} p99'],
    ]),
    lines('Codes of one call, mean', 'short', [
      [
        `sum by (pod) (rate(shortlink_node_redirect_batch_codes_sum{${p}}[$__rate_interval])) / sum by (pod) (rate(shortlink_node_redirect_batch_codes_count{${p}}[$__rate_interval]))`,
        '{{pod}}',
      ],
    ]),
    lines('Links in memory', 'bytes', [[`sum by (pod) (shortlink_node_link_cache_bytes{${p}})`, '{{pod}}']]),
    lines('Answered from memory', 'percentunit', [
      [share('shortlink_node_link_cache_lookups_total', p, 'result="hit"'), 'hits'],
    ]),
    lines('Requests of the APIs', 'reqps', [
      [rate(`shortlink_node_api_requests_total{${p}}`, 'transport, outcome'), '{{transport}} {{outcome}}'],
    ]),
    lines('Handed to other nodes', 'reqps', [[rate(`shortlink_node_forwards_total{${p}}`, 'result'), '{{result}}']]),
    lines('Reads confirmed', 'ops', [[rate(`shortlink_node_read_indexes_total{${p}}`, 'result'), '{{result}}']]),
    lines('Waiting', 'short', [[`sum by (pod, queue) (shortlink_node_queue_length{${p}})`, '{{pod}} {{queue}}']]),
  ],
};

const engine: Row = {
  title: 'Engine',
  panels: [
    lines('Turn, p99', 's', [[quantile(0.99, 'shortlink_node_turn_seconds', { matchers: p, by: 'pod' }), '{{pod}}']]),
    lines('Durable write', 's', [
      [quantile(0.5, 'shortlink_node_fsync_seconds', { matchers: p, by: 'pod' }), '{{pod}} p50'],
      [quantile(0.99, 'shortlink_node_fsync_seconds', { matchers: p, by: 'pod' }), '{{pod}} p99'],
    ]),
    lines('Durable writes', 'ops', [[rate(`shortlink_node_fsync_seconds_count{${p}}`, 'pod'), '{{pod}}']]),
    lines('Entries of a durable write, mean', 'short', [
      [
        `sum by (pod) (rate(shortlink_node_turn_entries_sum{${p}}[$__rate_interval])) / sum by (pod) (rate(shortlink_node_turn_entries_count{${p}}[$__rate_interval]))`,
        '{{pod}}',
      ],
    ]),
    lines('Log', 'Bps', [[rate(`shortlink_node_turn_bytes_sum{${p}}`, 'pod'), '{{pod}}']]),
    lines('Writes by their end', 'ops', [[rate(`shortlink_node_proposals_total{${p}}`, 'result'), '{{result}}']]),
    lines('Messages of Raft', 'ops', [
      [rate(`shortlink_node_raft_messages_total{${p}}`, 'direction'), '{{direction}}'],
    ]),
    lines('Snapshots', 'ops', [
      [rate(`shortlink_node_raft_snapshots_total{${p}}`, 'direction, result'), '{{direction}} {{result}}'],
      [rate(`shortlink_node_raft_snapshot_received_bytes_total{${p}}`, 'pod'), '{{pod}} bytes'],
    ]),
    lines('Commit index', 'short', [
      [`max by (pod, shard) (shortlink_node_raft_commit_index{${p}})`, '{{pod}} shard {{shard}}'],
    ]),
    lines('Other nodes that it reaches', 'short', [[`sum by (pod) (shortlink_node_peer_connected{${p}})`, '{{pod}}']]),
    lines('Heartbeats', 'ops', [[rate(`shortlink_node_heartbeats_total{${p}}`, 'pod'), '{{pod}}']]),
    lines('State hashes that differed', 'ops', [
      [rate(`shortlink_node_state_hash_mismatches_total{${p}}`, 'pod'), '{{pod}}'],
    ]),
  ],
};

const chunks: Row = {
  title: 'Chunks',
  panels: [
    lines('Copies held', 'short', [[`sum by (pod) (shortlink_node_chunks_held{${p}})`, '{{pod}}']]),
    lines('Cold reads by where they were served', 'ops', [
      [rate(`shortlink_node_chunk_reads_total{${p}}`, 'tier'), '{{tier}}'],
    ]),
    lines('Bytes of cold reads', 'Bps', [[rate(`shortlink_node_chunk_read_bytes_total{${p}}`, 'tier'), '{{tier}}']]),
    lines('Cache on the disk', 'bytes', [[`sum by (pod) (shortlink_node_chunk_cache_bytes{${p}})`, '{{pod}}']]),
    lines('Cache off, parts that were damaged', 'short', [
      [`max by (pod) (shortlink_node_chunk_cache_off{${p}})`, '{{pod}} off'],
      [rate(`shortlink_node_chunk_cache_damaged_total{${p}}`, 'pod'), '{{pod}} damaged'],
    ]),
    lines('Work on chunks', 'ops', [[rate(`shortlink_node_chunk_events_total{${p}}`, 'event'), '{{event}}']]),
    lines('Rewrites by merges', 'short', [[`max by (shard) (shortlink_node_chunk_rewrites{${p}})`, 'shard {{shard}}']]),
    lines(
      'End of the certificate',
      'dateTimeAsIso',
      [[`min by (pod) (shortlink_node_tls_certificate_expiry_timestamp_seconds{${p}}) * 1000`, '{{pod}}']],
      'Only with TLS between nodes.',
    ),
  ],
};

export const nodeDashboard: Dashboard = {
  name: 'shortlink-node',
  title: 'ShortLink / Node',
  description: 'The nodes of a ShortLinkCluster, one by one or beside each other.',
  choices: [
    { name: 'namespace', label: 'Namespace', metric: 'shortlink_node_info', of: 'namespace' },
    {
      name: 'cluster',
      label: 'Cluster',
      metric: 'shortlink_node_info{namespace="$namespace"}',
      of: 'shortlink_cluster',
    },
    { name: 'pod', label: 'Pod', metric: `shortlink_node_info{${ofCluster}}`, of: 'pod', isMulti: true },
  ],
  rows: [now, machine, serving, engine, chunks],
};
