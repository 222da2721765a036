// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { ClusterChart, ClusterName } from '../../provider.ts';
import { run } from './run.ts';

const chart = join('charts', 'shortlink-cluster');
const limitMs = 240_000;

/** The chart of a cluster, as users handle it; the release has the name of the cluster. */
export class HelmCluster implements ClusterChart {
  readonly #kubeconfig: string;
  readonly #nodeImage: string;

  /** `nodeImage`: what `helm test` runs. */
  constructor(kubeconfig: string, nodeImage: string) {
    this.#kubeconfig = kubeconfig;
    this.#nodeImage = nodeImage;
  }

  async install({ namespace, name }: ClusterName, spec: Readonly<Record<string, unknown>>): Promise<void> {
    const values = { spec, test: { image: this.#nodeImage } };
    const args = ['upgrade', '--install', name, chart, '--namespace', namespace, '--values', '-'];
    await this.#helm(args, JSON.stringify(values));
  }

  async test({ namespace, name }: ClusterName): Promise<void> {
    await this.#helm(['test', name, '--namespace', namespace, '--timeout', '3m']);
  }

  async uninstall({ namespace, name }: ClusterName): Promise<void> {
    await this.#helm(['uninstall', name, '--namespace', namespace, '--wait', '--timeout', '2m']);
  }

  async #helm(args: readonly string[], input?: string): Promise<void> {
    await run('helm', ['--kubeconfig', this.#kubeconfig, ...args], {
      limitMs,
      ...(input === undefined ? {} : { input }),
    });
  }
}
