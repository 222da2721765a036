// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freeBasePort } from './ports.ts';
import { shortlink } from './program.ts';
import { TestNode } from './test-node.ts';
import { eventually } from './wait.ts';

export interface ClusterOptions {
  readonly nodes: number;
  readonly shards?: number;
  readonly replicas?: number;
  /** `option=value` of the configuration. */
  readonly set?: readonly string[];
}

/** Folders of nodes that are there already. */
export interface FoundCluster {
  readonly data: string;
  readonly basePort: number;
  readonly nodes: number;
}

const startTimeoutMs = 60_000;

/** Real node processes on the loopback, started by `shortlink dev` in a folder of their own. */
export class TestCluster implements AsyncDisposable {
  readonly data: string;
  readonly basePort: number;
  readonly nodes: TestNode[];
  #dev: ChildProcess;
  #output = '';

  private constructor({ data, basePort, nodes }: FoundCluster, more: readonly string[]) {
    this.data = data;
    this.basePort = basePort;
    this.nodes = Array.from({ length: nodes }, (_, i) => new TestNode(data, i, basePort));
    this.#dev = this.#spawn(['dev', '--nodes', String(nodes), '--data', data, ...more]);
  }

  /** Resolves once every node is ready for reads and writes. */
  static async start(options: ClusterOptions): Promise<TestCluster> {
    const data = mkdtempSync(join(tmpdir(), 'shortlink-e2e-'));
    const basePort = await freeBasePort(options.nodes + 2);
    const args = ['--base-port', String(basePort)];
    if (options.shards !== undefined) args.push('--shards', String(options.shards));
    if (options.replicas !== undefined) args.push('--replicas', String(options.replicas));
    for (const setting of options.set ?? []) args.push('--set', setting);
    return TestCluster.#started(new TestCluster({ data, basePort, nodes: options.nodes }, args));
  }

  /** The same for nodes whose folders are there already. */
  static async open(found: FoundCluster): Promise<TestCluster> {
    return TestCluster.#started(new TestCluster(found, []));
  }

  static async #started(cluster: TestCluster): Promise<TestCluster> {
    try {
      await cluster.ready();
    } catch (cause) {
      const logs = cluster.nodes.map((node) => tailOf(node)).join('\n');
      await cluster[Symbol.asyncDispose]();
      throw new Error(`the cluster did not start; dev said:\n${cluster.#output}\n${logs}`, { cause });
    }
    return cluster;
  }

  node(index: number): TestNode {
    const node = this.nodes[index];
    if (node === undefined) throw new Error(`there is no node ${index}`);
    return node;
  }

  /** What `dev` printed so far. */
  get output(): string {
    return this.#output;
  }

  async ready(nodes: readonly TestNode[] = this.nodes): Promise<void> {
    await eventually(
      'all nodes to be ready for writes',
      async () => (await Promise.all(nodes.map((node) => node.isWritable()))).every(Boolean),
      startTimeoutMs,
    );
  }

  /** The node that leads shard 1, as the cluster says. */
  async leader(): Promise<TestNode> {
    let found: TestNode | undefined;
    await eventually('a leader', async () => {
      for (const node of this.nodes) {
        const status = await clusterStatus(node);
        const shard = status?.shards.find((s) => s.id === 1);
        const name = status?.nodes.find((n) => n.id === shard?.leaderNodeId)?.name;
        found = this.nodes.find((n) => `node${n.index}` === name);
        if (found !== undefined) return true;
      }
      return false;
    });
    if (found === undefined) throw new Error('no leader');
    return found;
  }

  /** Ends everything and removes the folder, whatever state it is in. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const node of this.nodes) node.stopIfRunning();
    this.#dev.kill('SIGTERM');
    if (this.#dev.exitCode === null) await new Promise((resolve) => this.#dev.once('exit', resolve));
    rmSync(this.data, { recursive: true, force: true });
  }

  #spawn(args: readonly string[]): ChildProcess {
    const child = spawn(shortlink, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const collect = (chunk: Buffer): void => {
      this.#output += chunk.toString();
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    return child;
  }
}

export interface ClusterStatus {
  readonly clusterId: string | null;
  readonly nodes: readonly { readonly id: string; readonly name: string; readonly state: string }[];
  /** Of the meta group. */
  readonly meta: readonly ReplicaView[];
  readonly shards: readonly {
    readonly id: number;
    readonly leaderNodeId: string | null;
    readonly replicas: readonly ReplicaView[];
  }[];
}

interface ReplicaView {
  readonly id: number;
  readonly nodeId: string;
  readonly role: string;
}

/** GET /api/v1/cluster; undefined while the node does not answer. */
export async function clusterStatus(node: { readonly api: string }): Promise<ClusterStatus | undefined> {
  try {
    const response = await fetch(`${node.api}/api/v1/cluster`, { signal: AbortSignal.timeout(5000) });
    return response.ok ? ((await response.json()) as ClusterStatus) : undefined;
  } catch {
    return undefined;
  }
}

function tailOf(node: TestNode): string {
  try {
    return `${node.folder}:\n${node.log.split('\n').slice(-15).join('\n')}`;
  } catch {
    return `${node.folder}: no log`;
  }
}
