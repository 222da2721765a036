// SPDX-License-Identifier: Apache-2.0
import type { OptionProblem } from '@shortlink/common/options.ts';
import { formatHostPort, isLoopback, isWildcard, parseHostPort } from '@shortlink/common/host-port.ts';
import { parseNamedAddress, type NamedAddress } from './addresses.ts';
import type { FlatConfig, RawConfig } from './options.ts';

export interface Normalized {
  readonly values: FlatConfig;
  readonly problems: readonly OptionProblem[];
}

/** A check is skipped when an option that it reads is `bad`: what it would say follows from that. */
interface CrossCheck {
  readonly reads: readonly (keyof RawConfig)[];
  readonly run: (raw: RawConfig) => OptionProblem[];
}

const listeners = ['redirect.address', 'api.address', 'grpc.address', 'peer.address', 'ops.address'] as const;
const membership = ['node.name', 'cluster.initialNodes', 'cluster.join'] as const;
const peerTls = ['tls.peer.caFile', 'tls.peer.certFile', 'tls.peer.keyFile'] as const;

/** Whoever gives one of these has said who may use the APIs. */
const authentication = ['auth.tokensFile', 'auth.adminTokenFile', 'auth.clientCaFile'] as const;

const s3Only = ['objectStore.endpoint', 'objectStore.region', 'objectStore.credentialsFile'] as const;

const crossChecks: readonly CrossCheck[] = [
  { reads: membership, run: membershipProblems },
  { reads: ['node.name', 'cluster.initialNodes', 'peer.address', 'peer.advertise'], run: advertiseProblems },
  { reads: ['raft.electionTicks', 'raft.heartbeatTicks'], run: tickProblems },
  { reads: ['ring.suspectAfterMs', 'ring.downAfterMs', 'ring.outAfterMs'], run: livenessProblems },
  { reads: ['raft.maxInflightBytes', 'raft.maxUncommittedBytes'], run: flowProblems },
  { reads: listeners, run: listenerProblems },
  { reads: [...peerTls, 'auth.clientCaFile'], run: tlsProblems },
  { reads: ['objectStore.url', ...s3Only], run: objectStoreProblems },
  { reads: ['chunks.sealAfterBytes', 'chunks.maxHotBytes'], run: hotLimitProblems },
  { reads: ['api.address', 'grpc.address', ...authentication], run: exposureProblems },
];

/** Fills in the derived options and checks what only several options together can break. */
export function normalize(raw: RawConfig, bad: ReadonlySet<string>): Normalized {
  const sound = crossChecks.filter((check) => !check.reads.some((name) => bad.has(name)));
  return {
    values: { ...raw, ...advertised(raw), ...hotLimit(raw) },
    problems: sound.flatMap((check) => check.run(raw)),
  };
}

/** The nodes of the first formation. */
export function initialNodes(config: {
  readonly cluster: { readonly initialNodes: readonly string[] };
}): NamedAddress[] {
  return config.cluster.initialNodes.flatMap((text) => parseNamedAddress(text) ?? []);
}

/** As many generations as may wait, and half as many again. */
const hotGenerations = 24;

function hotLimit(raw: RawConfig): Pick<FlatConfig, 'chunks.maxHotBytes'> {
  return { 'chunks.maxHotBytes': raw['chunks.maxHotBytes'] ?? hotGenerations * raw['chunks.sealAfterBytes'] };
}

type Advertised = Pick<FlatConfig, 'peer.advertise' | 'redirect.advertise' | 'api.advertise' | 'grpc.advertise'>;

function advertised(raw: RawConfig): Advertised {
  const peer = peerAdvertise(raw) ?? raw['peer.address'];
  const host = parseHostPort(peer)?.host ?? 'localhost';
  const reachable = (address: string): string => {
    const listen = parseHostPort(address);
    return listen !== undefined && isWildcard(listen.host) ? formatHostPort({ host, port: listen.port }) : address;
  };
  return {
    'peer.advertise': peer,
    'redirect.advertise': raw['redirect.advertise'] ?? reachable(raw['redirect.address']),
    'api.advertise': raw['api.advertise'] ?? reachable(raw['api.address']),
    'grpc.advertise': raw['grpc.advertise'] ?? reachable(raw['grpc.address']),
  };
}

function peerAdvertise(raw: RawConfig): string | undefined {
  if (raw['peer.advertise'] !== undefined) return raw['peer.advertise'];
  const own = raw['cluster.initialNodes'].map(parseNamedAddress).find((node) => node?.name === raw['node.name']);
  if (own !== undefined) return own.address;
  const listen = parseHostPort(raw['peer.address']);
  return listen === undefined || isWildcard(listen.host) ? undefined : raw['peer.address'];
}

function advertiseProblems(raw: RawConfig): OptionProblem[] {
  if (peerAdvertise(raw) !== undefined) return [];
  const message =
    'is required: peer.address listens on every interface, and the node is not among cluster.initialNodes';
  return [{ option: 'peer.advertise', source: undefined, message }];
}

function membershipProblems(raw: RawConfig): OptionProblem[] {
  const problems: OptionProblem[] = [];
  const nodes = raw['cluster.initialNodes'].flatMap((text) => parseNamedAddress(text) ?? []);
  const founder = nodes.some((node) => node.name === raw['node.name']);
  if (!founder && raw['cluster.join'].length === 0) {
    const message = `is empty, and ${JSON.stringify(raw['node.name'])} is not among cluster.initialNodes: name the members through which the node joins`;
    problems.push({ option: 'cluster.join', source: undefined, message });
  }
  for (const field of ['name', 'address'] as const) {
    const twice = nodes.find((node, i) => nodes.findIndex((one) => one[field] === node[field]) < i);
    if (twice === undefined) continue;
    problems.push({
      option: 'cluster.initialNodes',
      source: undefined,
      message: `has the ${field} ${twice[field]} twice`,
    });
  }
  return problems;
}

function tickProblems(raw: RawConfig): OptionProblem[] {
  if (raw['raft.electionTicks'] > raw['raft.heartbeatTicks']) return [];
  const message = `must be above raft.heartbeatTicks (${raw['raft.heartbeatTicks']}), or followers campaign against a living leader`;
  return [{ option: 'raft.electionTicks', source: undefined, message }];
}

function livenessProblems(raw: RawConfig): OptionProblem[] {
  const problems: OptionProblem[] = [];
  const order = ['ring.suspectAfterMs', 'ring.downAfterMs', 'ring.outAfterMs'] as const;
  order.forEach((option, i) => {
    const before = order[i - 1];
    if (before === undefined || raw[option] > raw[before]) return;
    problems.push({ option, source: undefined, message: `must be above ${before} (${raw[before]} ms)` });
  });
  return problems;
}

function flowProblems(raw: RawConfig): OptionProblem[] {
  if (raw['raft.maxUncommittedBytes'] >= raw['raft.maxInflightBytes']) return [];
  const message = 'must not be below raft.maxInflightBytes, which it would make unreachable';
  return [{ option: 'raft.maxUncommittedBytes', source: undefined, message }];
}

function listenerProblems(raw: RawConfig): OptionProblem[] {
  const problems: OptionProblem[] = [];
  listeners.forEach((option, i) => {
    const own = parseHostPort(raw[option]);
    const clash = listeners.slice(0, i).find((other) => {
      const before = parseHostPort(raw[other]);
      if (own === undefined || before === undefined || own.port === 0 || own.port !== before.port) return false;
      return own.host === before.host || isWildcard(own.host) || isWildcard(before.host);
    });
    if (clash !== undefined) problems.push({ option, source: undefined, message: `takes the port of ${clash}` });
  });
  return problems;
}

function tlsProblems(raw: RawConfig): OptionProblem[] {
  if (raw['auth.clientCaFile'] !== '' && raw['tls.peer.certFile'] === '') {
    const message =
      'needs tls.peer.{caFile,certFile,keyFile}: the APIs then speak TLS with the certificate of the node';
    return [{ option: 'auth.clientCaFile', source: undefined, message }];
  }
  const missing = peerTls.filter((name) => raw[name] === '');
  if (missing.length === 0 || missing.length === peerTls.length) return [];
  const message = 'is required as soon as another of tls.peer.{caFile,certFile,keyFile} is given';
  return missing.map((option) => ({ option, source: undefined, message }));
}

function objectStoreProblems(raw: RawConfig): OptionProblem[] {
  if (raw['objectStore.url'].startsWith('s3://')) return [];
  const message = 'says how a bucket is reached, and objectStore.url names none: s3://BUCKET/PREFIX';
  return s3Only.filter((name) => raw[name] !== '').map((option) => ({ option, source: undefined, message }));
}

function hotLimitProblems(raw: RawConfig): OptionProblem[] {
  const [limit, sealAfter] = [raw['chunks.maxHotBytes'], raw['chunks.sealAfterBytes']];
  if (limit === undefined || limit >= sealAfter) return [];
  const message = `must not be below chunks.sealAfterBytes (${sealAfter})`;
  return [{ option: 'chunks.maxHotBytes', source: undefined, message }];
}

/** Without tokens or client certificates everyone who reaches an API may do everything, so it stays on the loopback. */
function exposureProblems(raw: RawConfig): OptionProblem[] {
  if (authentication.some((name) => raw[name] !== '')) return [];
  return (['api.address', 'grpc.address'] as const)
    .filter((option) => !isLoopback(parseHostPort(raw[option])?.host ?? ''))
    .map((option) => ({
      option,
      source: undefined,
      message: `${raw[option]} can be reached from elsewhere: set auth.tokensFile, or listen on 127.0.0.1`,
    }));
}
