// SPDX-License-Identifier: Apache-2.0
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { waitUntilReady, type Processes, type ProgramToStart } from '../processes.ts';
import { decodeStatus, etcdPaths } from './etcd-wire.ts';
import { callUnary } from '../wire/grpc-unary.ts';
import { Http2Connection } from '../wire/http2-connection.ts';

export interface EtcdCluster {
  /** `host:port` of the members for clients; the leader first. */
  readonly addresses: readonly string[];
  readonly pids: readonly number[];
}

export interface EtcdPlan {
  readonly command: string;
  readonly folder: string;
  readonly basePort: number;
}

const members = [0, 1, 2];
const host = '127.0.0.1';
const peerOffset = 10;
const startLimitMs = 30_000;
const leaderPollMs = 100;

/**
 * Three members on the loopback with etcd's defaults: WAL with fsync before every acknowledgement. The quota is raised
 * so that a long run does not end in its alarm.
 */
export async function startEtcd(processes: Processes, plan: EtcdPlan): Promise<EtcdCluster> {
  const client = (i: number): string => `${host}:${plan.basePort + i}`;
  const peer = (i: number): string => `http://${host}:${plan.basePort + peerOffset + i}`;
  mkdirSync(plan.folder, { recursive: true });
  const programs = members.map((i): ProgramToStart => {
    const flags = {
      name: `etcd${i}`,
      'data-dir': join(plan.folder, `etcd${i}`),
      'listen-client-urls': `http://${client(i)}`,
      'advertise-client-urls': `http://${client(i)}`,
      'listen-peer-urls': peer(i),
      'initial-advertise-peer-urls': peer(i),
      'initial-cluster': members.map((member) => `etcd${member}=${peer(member)}`).join(','),
      'initial-cluster-state': 'new',
      'quota-backend-bytes': String(8 * 2 ** 30),
      'log-level': 'error',
    };
    const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
    return { command: plan.command, args, logFile: join(plan.folder, `etcd${i}.log`) };
  });
  const children = programs.map((program) => processes.start(program));
  for (const [i, program] of programs.entries()) {
    const child = children[i];
    if (child === undefined) continue;
    await waitUntilReady(child, program, { limitMs: startLimitMs, ready: async () => hasLeader(client(i)) });
  }
  return {
    addresses: await leaderFirst(members.map(client)),
    pids: children.flatMap((child) => child.pid ?? []),
  };
}

async function hasLeader(address: string): Promise<boolean> {
  try {
    const { leaderId } = await statusOf(address);
    return leaderId !== 0n;
  } catch {
    return false;
  }
}

async function leaderFirst(addresses: readonly string[]): Promise<readonly string[]> {
  for (;;) {
    const states = await Promise.all(addresses.map(statusOf));
    const leader = addresses.find((_, i) => states[i]?.memberId === states[i]?.leaderId);
    if (leader !== undefined) return [leader, ...addresses.filter((address) => address !== leader)];
    await sleep(leaderPollMs);
  }
}

async function statusOf(address: string): Promise<ReturnType<typeof decodeStatus>> {
  const channel = await Http2Connection.open(address);
  try {
    return decodeStatus(await callUnary(channel, etcdPaths.status, new Uint8Array(0)));
  } finally {
    await channel.close();
  }
}
