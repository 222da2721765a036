// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { freePort } from '../../../harness/ports.ts';
import { mappedPorts } from '../kubectl/node-ports.ts';
import { run, runLoudly } from '../kubectl/run.ts';

const createLimitMs = 600_000;
const zones = ['z1', 'z2', 'z3'] as const;

/** A cluster of kind: one control plane, and a worker in each of three zones. */
export class KindCluster {
  readonly name: string;
  readonly kubeconfig: string;
  readonly #folder: string;

  private constructor(name: string) {
    this.name = name;
    this.#folder = mkdtempSync(join(tmpdir(), 'shortlink-kind-'));
    this.kubeconfig = join(this.#folder, 'kubeconfig');
  }

  static async create(name: string): Promise<KindCluster> {
    const cluster = new KindCluster(name);
    const config = join(cluster.#folder, 'cluster.yaml');
    writeFileSync(config, stringify(await configuration()));
    const image = process.env['KIND_NODE_IMAGE'];
    const args = ['create', 'cluster', '--name', name, '--config', config, '--kubeconfig', cluster.kubeconfig];
    await runLoudly('kind', [...args, '--wait', '180s', ...(image === undefined ? [] : ['--image', image])], {
      limitMs: createLimitMs,
    });
    return cluster;
  }

  /** One that is there already. */
  static async find(name: string): Promise<KindCluster | undefined> {
    const names = (await run('kind', ['get', 'clusters'])).split('\n');
    if (!names.includes(name)) return undefined;
    const cluster = new KindCluster(name);
    writeFileSync(cluster.kubeconfig, await run('kind', ['get', 'kubeconfig', '--name', name]), { mode: 0o600 });
    return cluster;
  }

  async load(...images: readonly string[]): Promise<void> {
    await runLoudly('kind', ['load', 'docker-image', ...images, '--name', this.name], { limitMs: createLimitMs });
  }

  async delete(): Promise<void> {
    await runLoudly('kind', ['delete', 'cluster', '--name', this.name, '--kubeconfig', this.kubeconfig]);
    this.forget();
  }

  /** It stays, and what was kept about it goes. */
  forget(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function configuration(): Promise<object> {
  const extraPortMappings: object[] = [];
  for (const containerPort of mappedPorts)
    extraPortMappings.push({ containerPort, hostPort: await freePort(), listenAddress: '127.0.0.1' });
  return {
    kind: 'Cluster',
    apiVersion: 'kind.x-k8s.io/v1alpha4',
    nodes: [
      { role: 'control-plane', extraPortMappings },
      ...zones.map((zone) => ({ role: 'worker', labels: { 'topology.kubernetes.io/zone': zone } })),
    ],
  };
}
