// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { waitUntilReady, type Processes, type ProgramToStart } from '../processes.ts';

export interface NodeOfCluster {
  readonly name: string;
  readonly folder: string;
  readonly configFile: string;
  /** `host:port` of each listener. */
  readonly redirect: string;
  readonly api: string;
  readonly grpc: string;
  readonly ops: string;
}

export interface DevCluster {
  readonly nodes: readonly NodeOfCluster[];
  /** Process ids of the nodes that run now. */
  readonly pids: () => readonly number[];
}

export interface DevClusterPlan {
  readonly folder: string;
  readonly nodes: number;
  readonly basePort: number;
  /** `option=value` */
  readonly settings: readonly string[];
}

const root = fileURLToPath(new URL('../../../', import.meta.url));
export const shortlinkProgram = join(root, 'node', 'bin', 'shortlink');
const startLimitMs = 60_000;
const pollMs = 50;

/** `shortlink dev`: what users get, with its defaults. */
export async function startDevCluster(processes: Processes, plan: DevClusterPlan): Promise<DevCluster> {
  const program: ProgramToStart = {
    command: shortlinkProgram,
    args: [
      'dev',
      `--nodes=${plan.nodes}`,
      `--data=${plan.folder}`,
      `--base-port=${plan.basePort}`,
      ...plan.settings.map((setting) => `--set=${setting}`),
    ],
    logFile: `${plan.folder}.log`,
  };
  const child = processes.start(program);
  const ready = async (): Promise<boolean> => /^ready$/m.test(readFileSync(program.logFile, 'utf8'));
  await waitUntilReady(child, program, { limitMs: startLimitMs, ready });
  const nodes = nodesIn(plan.folder);
  return { nodes, pids: () => nodes.flatMap(pidOf) };
}

function nodesIn(folder: string): NodeOfCluster[] {
  const names = readdirSync(folder).filter((name) => /^node\d+$/.test(name));
  return names
    .toSorted((a, b) => Number(a.slice(4)) - Number(b.slice(4)))
    .map((name) => {
      const configFile = join(folder, name, 'config.yaml');
      const config: unknown = parse(readFileSync(configFile, 'utf8'));
      const address = (listener: string): string => String(at(at(config, listener), 'address'));
      return {
        name,
        folder: join(folder, name),
        configFile,
        redirect: address('redirect'),
        api: address('api'),
        grpc: address('grpc'),
        ops: address('ops'),
      };
    });
}

function at(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

/** As `kill -9`, until the process is gone. */
export async function killNode(node: NodeOfCluster): Promise<void> {
  const pids = pidOf(node);
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  while (pids.some(hasCommandLine)) await sleep(pollMs);
}

/** Starts a node that was ended, until it is ready. */
export async function startNode(processes: Processes, node: NodeOfCluster): Promise<void> {
  const args = ['node', `--config=${node.configFile}`];
  const program = { command: shortlinkProgram, args, logFile: join(node.folder, 'log') };
  const ready = async (): Promise<boolean> => isReady(node);
  await waitUntilReady(processes.start(program), program, { limitMs: startLimitMs, ready });
}

export async function isReady(node: NodeOfCluster): Promise<boolean> {
  try {
    const response = await fetch(`http://${node.ops}/readyz`);
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

/** A process that has ended may keep its number until its parent asks for it, but no command line. */
function hasCommandLine(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== '';
  } catch {
    return false;
  }
}

/** The process of a node, as it wrote it into its folder. */
export function pidOf(node: NodeOfCluster): number[] {
  try {
    const pid = Number(readFileSync(join(node.folder, 'pid'), 'utf8').trim());
    return Number.isSafeInteger(pid) && pid > 0 ? [pid] : [];
  } catch {
    return [];
  }
}
