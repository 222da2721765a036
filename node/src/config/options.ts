// SPDX-License-Identifier: Apache-2.0
import type { Nested, OptionTable, RawValues, Values } from '@shortlink/common/options.ts';
import { limits } from '@shortlink/common/limits.ts';
import { checkListenAddress, checkNamedAddress, checkReachableAddress } from './addresses.ts';
import { chunkOptions } from './chunk-options.ts';
import { nodeOptions } from './node-options.ts';
import { objectStoreOptions } from './object-store-options.ts';

const kib = 2 ** 10;
const mib = 2 ** 20;
const gib = 2 ** 30;
const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

function checkHost(text: string): string | undefined {
  return /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})(?::\d{1,5})?$/.test(text) ? undefined : 'not host or host:port';
}

function checkScheme(text: string): string | undefined {
  return /^[a-z][a-z0-9+.-]{0,31}$/.test(text) ? undefined : 'not the scheme of a URL in lower case';
}

/** Every option of a node. The reference page, the flags, the variables and the file keys follow from this table. */
export const options = {
  ...nodeOptions,
  'data.dir': {
    kind: 'string',
    path: true,
    required: true,
    help: 'Folder of the store, the identity and the pid file; created when missing.',
  },

  'cluster.initialNodes': {
    kind: 'list',
    default: [],
    maxItems: 15,
    unit: 'name=host:port',
    check: checkNamedAddress,
    help: 'All nodes of the first formation with their peer addresses, the same on each of them. Ignored by a node that has an identity.',
  },
  'cluster.join': {
    kind: 'list',
    default: [],
    maxItems: 32,
    unit: 'host:port',
    check: checkReachableAddress,
    help: 'Peer addresses of members through which an empty node joins when it is not among cluster.initialNodes.',
  },
  'cluster.removalNoticeMs': {
    kind: 'durationMs',
    default: 0,
    min: 0,
    max: 600_000,
    help: 'How long a node that is removed, or fenced, says that it is not ready and still serves, so that load balancers look elsewhere before it answers nobody any more.',
  },
  'shards.initial': {
    kind: 'int',
    default: 1,
    min: 1,
    max: 1024,
    help: 'Shards that the formation creates, with ranges of equal width.',
  },
  'shards.replicas': {
    kind: 'int',
    default: 3,
    min: 1,
    max: 7,
    help: 'Voters of each shard; fewer while the cluster has fewer nodes.',
  },

  'ring.suspectAfterMs': {
    kind: 'durationMs',
    default: 5000,
    min: 100,
    max: 10 * minuteMs,
    help: 'A node without a heartbeat for this long is SUSPECT. Nothing follows from it yet.',
  },
  'ring.downAfterMs': {
    kind: 'durationMs',
    default: 15_000,
    min: 200,
    max: 60 * minuteMs,
    help: 'A node without a heartbeat for this long is DOWN: traffic goes elsewhere, nothing moves.',
  },
  'ring.outAfterMs': {
    kind: 'durationMs',
    default: 10 * minuteMs,
    min: 300,
    max: 7 * dayMs,
    help: 'A node without a heartbeat for this long is OUT: others take its replicas and its chunks.',
  },
  'ring.brakePercent': {
    kind: 'int',
    default: 34,
    min: 0,
    max: 100,
    unit: '%',
    help: 'While more than this share of the nodes is DOWN, no node goes OUT and nothing moves. The default lets three nodes heal the loss of one.',
  },

  'redirect.address': {
    kind: 'string',
    default: '0.0.0.0:8080',
    unit: 'host:port',
    check: checkListenAddress,
    help: 'Where redirects are served.',
  },
  'redirect.advertise': {
    kind: 'string',
    derived: 'host of peer.advertise, port of redirect.address',
    unit: 'host:port',
    check: checkReachableAddress,
    help: 'Redirect address as others reach it.',
  },
  'redirect.status': {
    kind: 'enum',
    values: [301, 302, 303, 307, 308],
    default: 302,
    help: 'HTTP status of a redirect. Clients may keep 301 and 308 forever, so that changes and deletes no longer reach them.',
  },
  'redirect.maxAgeSeconds': {
    kind: 'int',
    default: 30,
    min: 0,
    max: 31_536_000,
    unit: 's',
    help: 'Cache-Control max-age of a redirect, cut at the expiry of the link; 0 sends no-store.',
  },
  'redirect.threads': { kind: 'int', default: 1, min: 1, max: 64, help: 'Worker threads that serve redirects.' },
  'redirect.cacheBytes': {
    kind: 'bytes',
    default: 64 * mib,
    min: 0,
    max: 16 * gib,
    help: 'Memory per redirect thread for links that were followed lately, about 300 bytes each; what was not followed for a while goes first. 0: every redirect reads the store.',
  },
  'redirect.maxConnections': {
    kind: 'int',
    default: 10_000,
    min: 1,
    max: 1_000_000,
    help: 'Open connections per redirect thread; more are closed at once.',
  },

  'api.address': {
    kind: 'string',
    default: '127.0.0.1:8081',
    unit: 'host:port',
    check: checkListenAddress,
    help: 'Where the HTTP API is served.',
  },
  'api.advertise': {
    kind: 'string',
    derived: 'host of peer.advertise, port of api.address',
    unit: 'host:port',
    check: checkReachableAddress,
    help: 'HTTP API address as others reach it.',
  },
  'grpc.address': {
    kind: 'string',
    default: '127.0.0.1:8082',
    unit: 'host:port',
    check: checkListenAddress,
    help: 'Where the gRPC API is served.',
  },
  'grpc.advertise': {
    kind: 'string',
    derived: 'host of peer.advertise, port of grpc.address',
    unit: 'host:port',
    check: checkReachableAddress,
    help: 'gRPC address as others reach it.',
  },
  'peer.address': {
    kind: 'string',
    default: '0.0.0.0:8083',
    unit: 'host:port',
    check: checkListenAddress,
    help: 'Where the other nodes connect.',
  },
  'peer.advertise': {
    kind: 'string',
    derived: 'own entry of cluster.initialNodes, else peer.address unless that is every interface',
    unit: 'host:port',
    check: checkReachableAddress,
    help: 'Peer address as the other nodes reach it.',
  },
  'ops.address': {
    kind: 'string',
    default: '0.0.0.0:9090',
    unit: 'host:port',
    check: checkListenAddress,
    help: 'Where health and metrics are served.',
  },

  'tls.peer.caFile': {
    kind: 'string',
    path: true,
    default: '',
    help: 'PEM file of the CA that signs the certificates of peers. With certFile and keyFile it turns on mutual TLS between nodes.',
  },
  'tls.peer.certFile': {
    kind: 'string',
    path: true,
    default: '',
    help: 'PEM file of the certificate of this node for peers.',
  },
  'tls.peer.keyFile': { kind: 'string', path: true, default: '', help: 'PEM file of the key of this node for peers.' },
  'auth.tokensFile': {
    kind: 'string',
    path: true,
    default: '',
    help: 'File of API tokens with their scopes, read again when it changes. Without it and auth.adminTokenFile the APIs are open to whoever reaches them.',
  },
  'auth.adminTokenFile': {
    kind: 'string',
    path: true,
    default: '',
    help: 'File that holds one token of scope admin itself, as a mounted Secret does, beside those of auth.tokensFile, which may then be missing.',
  },
  'auth.clientCaFile': {
    kind: 'string',
    path: true,
    default: '',
    help: 'PEM file of the CA whose client certificates the APIs accept.',
  },

  ...objectStoreOptions,
  ...chunkOptions,

  'links.ownHosts': {
    kind: 'list',
    default: [],
    maxItems: 64,
    unit: 'host or host:port',
    check: checkHost,
    help: 'Hosts of this service: links to them are refused, since they could run in circles.',
  },
  'links.codeLength': {
    kind: 'int',
    default: 8,
    min: limits.generatedCodeMinLength,
    max: limits.generatedCodeMaxLength,
    unit: 'characters',
    help: 'Length of generated codes.',
  },
  'links.reuseDeadCodes': {
    kind: 'bool',
    default: false,
    help: 'Whether the code of a deleted or expired link may be given away again. Taken at the formation, kept in the policy of the cluster.',
  },
  'links.schemes': {
    kind: 'list',
    default: ['http', 'https'],
    maxItems: 16,
    unit: 'scheme',
    check: checkScheme,
    help: 'Schemes of URLs that links may have.',
  },
  'idempotency.windowMs': {
    kind: 'durationMs',
    default: 10 * minuteMs,
    min: minuteMs,
    max: 7 * dayMs,
    help: 'How long the answer to an idempotency key is remembered.',
  },
  'expiry.collectIntervalMs': {
    kind: 'durationMs',
    default: 10_000,
    min: 100,
    max: dayMs,
    help: 'Pause between two sweeps of a shard for expired links. An expired link answers 410 at once; the sweep only frees its row.',
  },

  'clock.maxJumpMs': {
    kind: 'durationMs',
    default: 10_000,
    min: 100,
    max: 60 * minuteMs,
    help: 'A leader whose clock is off by more than this against a majority refuses to lead.',
  },
  'raft.tickMs': { kind: 'durationMs', default: 100, min: 5, max: 10_000, help: 'Length of a tick.' },
  'raft.electionTicks': {
    kind: 'int',
    default: 10,
    min: 3,
    max: 1000,
    unit: 'ticks',
    help: 'Ticks without a leader after which a follower campaigns (one to two times that, at random).',
  },
  'raft.heartbeatTicks': {
    kind: 'int',
    default: 1,
    min: 1,
    max: 500,
    unit: 'ticks',
    help: 'Ticks between two heartbeats of a leader.',
  },
  'raft.maxInflightBytes': {
    kind: 'bytes',
    default: 16 * mib,
    min: limits.proposalMaxBytes,
    max: gib,
    help: 'Unacknowledged log bytes on the way to one follower.',
  },
  'raft.maxUncommittedBytes': {
    kind: 'bytes',
    default: 64 * mib,
    min: limits.proposalMaxBytes,
    max: 4 * gib,
    help: 'Log bytes of a shard that are proposed and not committed; beyond them proposals are refused as overloaded.',
  },
  'raft.compactEntries': {
    kind: 'int',
    default: 100_000,
    min: 10,
    max: 100_000_000,
    unit: 'entries',
    help: 'Applied log entries that are kept for slow followers before the log is cut.',
  },
  'raft.compactBytes': {
    kind: 'bytes',
    default: 64 * mib,
    min: mib,
    max: 64 * gib,
    help: 'The same in bytes: the log is cut by whichever limit is reached first.',
  },
  'snapshot.bytesPerSecond': {
    kind: 'bytes',
    default: 64 * mib,
    min: 64 * kib,
    max: 64 * gib,
    unit: 'bytes/s',
    help: 'Rate at which a node sends snapshots, all receivers together.',
  },
  'stateHash.intervalEntries': {
    kind: 'int',
    default: 1000,
    min: 1,
    max: 100_000_000,
    unit: 'entries',
    help: 'Log entries between two comparisons of the hash of the state of replicas.',
  },

  'request.timeoutMs': {
    kind: 'durationMs',
    default: 5000,
    min: 100,
    max: 10 * minuteMs,
    help: 'Deadline of a request whose client names none.',
  },
  'shutdown.lameDuckMs': {
    kind: 'durationMs',
    default: 2000,
    min: 0,
    max: 10 * minuteMs,
    help: 'After SIGTERM: how long the node says that it is not ready and still serves, so that load balancers look elsewhere.',
  },
  'shutdown.timeoutMs': {
    kind: 'durationMs',
    default: 20_000,
    min: 100,
    max: 60 * minuteMs,
    help: 'After the lame-duck time: how long the orderly end may take before the process exits anyway.',
  },
  'log.level': {
    kind: 'enum',
    values: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    default: 'info',
    help: 'Lowest level that is logged.',
  },
  'rocksdb.cacheBytes': {
    kind: 'bytes',
    default: 128 * mib,
    min: mib,
    max: 1024 * gib,
    help: 'Block cache of the store.',
  },
  'rocksdb.memtableBytes': {
    kind: 'bytes',
    default: 32 * mib,
    min: mib,
    max: 4 * gib,
    help: 'Memory of the memtables of the store, four of which it holds.',
  },
} as const satisfies OptionTable;

/** What the sources gave, by dotted name. */
export type RawConfig = RawValues<typeof options>;
/** Every value by dotted name. */
export type FlatConfig = Values<typeof options>;
/** Every value: `config.redirect.maxAgeSeconds`. Frozen. */
export type Config = Nested<FlatConfig>;
