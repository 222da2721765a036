// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { waitUntilReady, type Processes, type ProgramToStart } from '../processes.ts';

export interface NodeOfCluster {
  readonly name: string;
  readonly folder: string;
  readonly configFile: string;
  /** `host:port` of each listener. */
  readonly redirect: string;
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
  const isReady = async (): Promise<boolean> => /^ready$/m.test(readFileSync(program.logFile, 'utf8'));
  await waitUntilReady(child, program, { limitMs: startLimitMs, ready: isReady });
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
        grpc: address('grpc'),
        ops: address('ops'),
      };
    });
}

function at(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
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
