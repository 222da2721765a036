// SPDX-License-Identifier: Apache-2.0
import { type Dashboard, lines, type Row, stat } from './dashboard.ts';
import { byOperator, ofCluster as c, quantile, rate, share } from './queries.ts';

const now: Row = {
  title: 'Now',
  panels: [
    stat('Nodes that are ready', 'short', `sum(shortlink_node_ready{${c}})`),
    stat(
      'Shards without a leader',
      'short',
      `count(sum by (shard) (shortlink_node_raft_leader{${c}}) == 0) or sum(shortlink_node_ready{${c}}) * 0`,
      '0. Shard 0 is the meta group.',
    ),
    stat('Redirects', 'reqps', `sum(rate(shortlink_node_redirects_total{${c}}[$__rate_interval]))`),
    stat('Redirects that fail', 'percentunit', share('shortlink_node_redirects_total', c, 'result="unavailable"')),
    stat('Chunks with too few copies', 'short', `max(shortlink_node_chunks_under_replicated{${c}})`),
    stat(
      'Oldest checkpoint',
      's',
      `max(shortlink_node_checkpoint_age_seconds{${c}})`,
      'What would be lost with all nodes.',
    ),
  ],
};

const redirects: Row = {
  title: 'Redirects',
  panels: [
    lines('By result', 'reqps', [[rate(`shortlink_node_redirects_total{${c}}`, 'result'), '{{result}}']]),
    lines(
      'Time from request to answer',
      's',
      [0.5, 0.9, 0.99].map((q) => [
        quantile(q, 'shortlink_node_redirect_seconds', { matchers: c, by: '' }),
        `p${q * 100}`,
      ]),
    ),
    lines('Answered from memory', 'percentunit', [
      [share('shortlink_node_link_cache_lookups_total', c, 'result="hit"'), 'hits'],
    ]),
    lines('By pod', 'reqps', [[rate(`shortlink_node_redirects_total{${c}}`, 'pod'), '{{pod}}']]),
    lines('Open connections', 'short', [[`sum by (pod) (shortlink_node_redirect_connections{${c}})`, '{{pod}}']]),
    lines('Connections turned away', 'ops', [
      [rate(`shortlink_node_redirect_connections_dropped_total{${c}}`, 'pod'), '{{pod}}'],
    ]),
  ],
};

const writes: Row = {
  title: 'APIs and writes',
  panels: [
    lines('Requests', 'reqps', [
      [rate(`shortlink_node_api_requests_total{${c}}`, 'transport, outcome'), '{{transport}} {{outcome}}'],
    ]),
    lines('Time of requests, p99', 's', [
      [quantile(0.99, 'shortlink_node_api_request_seconds', { matchers: c, by: 'transport' }), '{{transport}}'],
    ]),
    lines('Writes by their end', 'ops', [[rate(`shortlink_node_proposals_total{${c}}`, 'result'), '{{result}}']]),
    lines('Durable write, p99', 's', [
      [quantile(0.99, 'shortlink_node_fsync_seconds', { matchers: c, by: 'pod' }), '{{pod}}'],
    ]),
    lines('Waiting', 'short', [[`sum by (queue) (shortlink_node_queue_length{${c}})`, '{{queue}}']]),
    lines('Links and keys of a proposal, mean', 'short', [
      [
        `sum(rate(shortlink_node_proposal_mutations_sum{${c}}[$__rate_interval])) / sum(rate(shortlink_node_proposal_mutations_count{${c}}[$__rate_interval]))`,
        'mutations',
      ],
    ]),
  ],
};

const consensus: Row = {
  title: 'Nodes and consensus',
  panels: [
    lines('Shards that a pod leads', 'short', [[`sum by (pod) (shortlink_node_raft_leader{${c}})`, '{{pod}}']]),
    lines('Voters that a leader lacks', 'short', [
      [
        `max by (shard) (shortlink_node_raft_voters{${c}} - shortlink_node_raft_voters_connected{${c}})`,
        'shard {{shard}}',
      ],
    ]),
    lines('New terms in ten minutes', 'short', [
      [`max by (shard) (changes(shortlink_node_raft_term{${c}}[10m]))`, 'shard {{shard}}'],
    ]),
    lines('Nodes by state', 'short', [[`max by (state) (shortlink_node_ring_nodes{${c}})`, '{{state}}']]),
    lines('Entries that wait to be applied', 'short', [
      [`max by (pod) (shortlink_node_raft_apply_lag_entries{${c}})`, '{{pod}}'],
    ]),
    lines('Epoch of the ring', 'short', [[`max by (pod) (shortlink_node_ring_epoch{${c}})`, '{{pod}}']]),
    lines('Difference of clocks', 's', [[`max by (pod) (shortlink_node_clock_offset_seconds{${c}})`, '{{pod}}']]),
  ],
};

const cold: Row = {
  title: 'Cold data',
  panels: [
    lines('Rows on the nodes', 'bytes', [[`max by (shard) (shortlink_node_hot_bytes{${c}})`, 'shard {{shard}}']]),
    lines('Links and keys on the nodes', 'short', [
      [`max by (shard) (shortlink_node_hot_keys{${c}})`, 'shard {{shard}}'],
    ]),
    lines(
      'Generations that wait for the object store',
      'short',
      [[`max by (shard) (shortlink_node_generations_waiting{${c}})`, 'shard {{shard}}']],
      '0 to 2. Writes are refused from 16 on.',
    ),
    lines('Chunks by state', 'short', [[`max by (state) (shortlink_node_chunks{${c}})`, '{{state}}']]),
    lines('Copies on pods', 'short', [[`sum by (pod) (shortlink_node_chunks_held{${c}})`, '{{pod}}']]),
    lines('Copies that are missing or on their way', 'short', [
      [`max(shortlink_node_chunks_under_replicated{${c}})`, 'chunks with too few'],
      [`max(shortlink_node_chunks_moving{${c}})`, 'on their way'],
    ]),
    lines('Age of the newest checkpoint', 's', [
      [`max by (shard) (shortlink_node_checkpoint_age_seconds{${c}})`, 'shard {{shard}}'],
    ]),
    lines('Work on chunks', 'ops', [[rate(`shortlink_node_chunk_events_total{${c}}`, 'event'), '{{event}}']]),
    lines('Bytes of that work', 'Bps', [[rate(`shortlink_node_chunk_bytes_total{${c}}`, 'event'), '{{event}}']]),
    lines('Work that failed', 'ops', [[rate(`shortlink_node_chunk_failures_total{${c}}`, 'pod'), '{{pod}}']]),
    lines('Cold reads by where they were served', 'ops', [
      [rate(`shortlink_node_chunk_reads_total{${c}}`, 'tier'), '{{tier}}'],
    ]),
    lines('Chunks for one key, at most', 'short', [
      [`max by (shard) (shortlink_node_chunk_candidates{${c}})`, 'shard {{shard}}'],
    ]),
    lines('Garbage in the object store', 'bytes', [[`max(shortlink_node_chunk_garbage_bytes{${c}})`, 'garbage']]),
    lines('Last scrub', 'short', [[`max by (result) (shortlink_node_chunk_scrub_objects{${c}})`, '{{result}}']]),
    lines('Since the last scrub', 's', [[`time() - max(shortlink_node_chunk_scrub_seconds{${c}} > 0)`, 'scrub']]),
    lines('Free on the volumes', 'percentunit', [
      [`min by (pod) (shortlink_node_disk_free_bytes{${c}} / shortlink_node_disk_size_bytes{${c}})`, '{{pod}}'],
    ]),
    lines('Reads of what the store does not have, chunks that are corrupt', 'ops', [
      [`sum(rate(shortlink_node_chunk_missing_total{${c}}[$__rate_interval]))`, 'missing'],
      [`sum(rate(shortlink_node_chunk_events_total{${c}, event="corrupt"}[$__rate_interval]))`, 'corrupt'],
    ]),
  ],
};

const operator: Row = {
  title: 'As the operator sees it',
  panels: [
    lines('Pods', 'short', [[`max by (pods) (shortlink_operator_cluster_pods{${byOperator}})`, '{{pods}}']]),
    lines(
      'Conditions',
      'short',
      [[`max by (type) (shortlink_operator_cluster_condition{${byOperator}})`, '{{type}}']],
      '1: True, 0: False, -1: Unknown.',
    ),
    lines('Time at the present step', 's', [[`max(shortlink_operator_cluster_step_seconds{${byOperator}})`, 'step']]),
    lines('Members by state', 'short', [
      [`max by (state) (shortlink_operator_cluster_nodes{${byOperator}})`, '{{state}}'],
    ]),
    lines('Shards', 'short', [
      [`max by (leader) (shortlink_operator_cluster_shards{${byOperator}})`, 'leader {{leader}}'],
    ]),
    lines('Chunks', 'short', [[`max by (chunks) (shortlink_operator_cluster_chunks{${byOperator}})`, '{{chunks}}']]),
  ],
};

export const clusterDashboard: Dashboard = {
  name: 'shortlink-cluster',
  title: 'ShortLink / Cluster',
  description: 'A ShortLinkCluster: whether links are served, and where they are.',
  choices: [
    { name: 'namespace', label: 'Namespace', metric: 'shortlink_node_info', of: 'namespace' },
    {
      name: 'cluster',
      label: 'Cluster',
      metric: 'shortlink_node_info{namespace="$namespace"}',
      of: 'shortlink_cluster',
    },
  ],
  rows: [now, redirects, writes, consensus, cold, operator],
};
