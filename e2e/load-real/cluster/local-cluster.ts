// SPDX-License-Identifier: Apache-2.0
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { defined } from '@shortlink/common/assert.ts';
import { parse } from 'yaml';

export interface LocalNode {
  readonly name: string;
  readonly folder: string;
  readonly configFile: string;
  /** `http://host:port` of each listener. */
  readonly api: string;
  readonly redirect: string;
  readonly ops: string;
}

export interface LocalClusterPlan {
  readonly folder: string;
  readonly nodes: number;
  readonly basePort: number;
  /** `option=value` of the configuration. */
  readonly set?: readonly string[];
}

const program = fileURLToPath(new URL('../../../node/bin/shortlink', import.meta.url));
const startLimitMs = 120_000;
const stopLimitMs = 60_000;
const pollMs = 20;
const tailBytes = 2000;

/** Nodes as separate processes on this machine, started as users start them. */
export class LocalCluster {
  readonly nodes: readonly LocalNode[];
  readonly #children: ChildProcess[];

  private constructor(nodes: readonly LocalNode[], dev: ChildProcess) {
    this.nodes = nodes;
    this.#children = [dev];
    process.once('exit', () => {
      for (const child of this.#children) if (isRunning(child)) child.kill('SIGTERM');
    });
  }

  static async start(plan: LocalClusterPlan): Promise<LocalCluster> {
    const logFile = `${plan.folder}.log`;
    const args = ['dev', `--nodes=${plan.nodes}`, `--data=${plan.folder}`, `--base-port=${plan.basePort}`];
    for (const setting of plan.set ?? []) args.push(`--set=${setting}`);
    const dev = startProgram(args, logFile);
    const giveUpMs = performance.now() + startLimitMs;
    while (!/^ready$/m.test(readFileSync(logFile, 'utf8'))) {
      if (!isRunning(dev) || performance.now() > giveUpMs) {
        dev.kill('SIGTERM');
        throw new Error(`the nodes did not start:\n${readFileSync(logFile, 'utf8').slice(-tailBytes)}`);
      }
      await sleep(pollMs);
    }
    return new LocalCluster(nodesIn(plan.folder), dev);
  }

  /** Ends a node with a signal; gives the milliseconds until its process was gone. */
  async stopNode(node: LocalNode, signal: 'SIGTERM' | 'SIGKILL'): Promise<number> {
    const pid = defined(pidOf(node), `the process of ${node.name}`);
    const startMs = performance.now();
    process.kill(pid, signal);
    while (isAlive(pid)) {
      if (performance.now() - startMs > stopLimitMs) throw new Error(`${node.name} does not end after ${signal}`);
      await sleep(pollMs);
    }
    return performance.now() - startMs;
  }

  /** Starts a node that was stopped; gives the milliseconds until it said that it is ready. */
  async startNode(node: LocalNode): Promise<number> {
    const startMs = performance.now();
    const child = startProgram(['node', `--config=${node.configFile}`], join(node.folder, 'log'));
    this.#children.push(child);
    while (!(await isReady(node))) {
      if (!isRunning(child) || performance.now() - startMs > startLimitMs)
        throw new Error(`${node.name} does not start again`);
      await sleep(pollMs);
    }
    return performance.now() - startMs;
  }

  async stop(): Promise<void> {
    for (const child of this.#children) if (isRunning(child)) child.kill('SIGTERM');
    const giveUpMs = performance.now() + stopLimitMs;
    while (this.#children.some(isRunning) && performance.now() < giveUpMs) await sleep(pollMs);
    for (const child of this.#children) if (isRunning(child)) child.kill('SIGKILL');
  }
}

function startProgram(args: readonly string[], logFile: string): ChildProcess {
  const log = openSync(logFile, 'a');
  const child = spawn(program, args, { stdio: ['ignore', log, log] });
  closeSync(log);
  return child;
}

function nodesIn(folder: string): LocalNode[] {
  const names = readdirSync(folder).filter((name) => /^node\d+$/.test(name));
  return names
    .toSorted((a, b) => Number(a.slice(4)) - Number(b.slice(4)))
    .map((name) => {
      const configFile = join(folder, name, 'config.yaml');
      const config: unknown = parse(readFileSync(configFile, 'utf8'));
      const url = (listener: string): string => `http://${String(member(member(config, listener), 'address'))}`;
      return {
        name,
        folder: join(folder, name),
        configFile,
        api: url('api'),
        redirect: url('redirect'),
        ops: url('ops'),
      };
    });
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

/** The process of a node, as it wrote it into its folder. */
export function pidOf(node: LocalNode): number | undefined {
  try {
    const pid = Number(readFileSync(join(node.folder, 'pid'), 'utf8').trim());
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

/** A process that ended and whose parent has not asked for it yet still has a pid, but no command line. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== '';
  } catch {
    return true;
  }
}

async function isReady(node: LocalNode): Promise<boolean> {
  try {
    const response = await fetch(`${node.ops}/readyz`);
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
