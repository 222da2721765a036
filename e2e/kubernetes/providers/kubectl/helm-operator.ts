// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { eventually } from '../../../harness/wait.ts';
import type { OperatorControl } from '../../provider.ts';
import { run } from './run.ts';

const namespace = 'shortlink-system';
const release = 'shortlink-operator';
const selector = `app.kubernetes.io/instance=${release}`;
const limitMs = 240_000;
const logLines = 20_000;

export interface HelmOperatorOptions {
  readonly kubeconfig: string;
  /** Of shortlink/operator and shortlink/node. */
  readonly tag: string;
  /** Another name of the same images. */
  readonly nextTag: string;
  /** Looks after this namespace only; undefined: after all of them. */
  readonly watchNamespace?: string | undefined;
  /** The CRD is there and not the chart's. */
  readonly ownCrd?: boolean | undefined;
}

/** The operator as users install it, and as they handle its Deployment. */
export class HelmOperator implements OperatorControl {
  readonly #options: HelmOperatorOptions;

  constructor(options: HelmOperatorOptions) {
    this.#options = options;
  }

  async install(tag = this.#options.tag): Promise<void> {
    const { watchNamespace, ownCrd = false } = this.#options;
    if (ownCrd) {
      const file = join('crds', 'shortlink.dev_shortlinkclusters.yaml');
      await this.#kubectl('apply', '--server-side', '--force-conflicts', '-f', file);
    }
    const values = [
      `image.tag=${tag}`,
      `nodeImage.tag=${this.#options.tag}`,
      ...(ownCrd ? ['crds.create=false'] : []),
      ...(watchNamespace === undefined ? [] : [`watchNamespaces={${watchNamespace}}`]),
    ].flatMap((value) => ['--set', value]);
    const chart = join('charts', 'shortlink-operator');
    const where = ['--namespace', namespace, '--create-namespace'];
    await this.#helm('upgrade', '--install', release, chart, ...where, ...values, '--wait', '--timeout', '3m');
  }

  async reinstall(): Promise<void> {
    await this.#helm('uninstall', release, '--namespace', namespace, '--wait', '--timeout', '2m');
    await this.install();
  }

  async stop(): Promise<void> {
    await this.scale(0);
  }

  async start(): Promise<void> {
    await this.scale(1);
  }

  async kill(): Promise<void> {
    const before = await this.#podNames();
    await this.#kubectl(
      '-n',
      namespace,
      'delete',
      'pods',
      '-l',
      selector,
      '--grace-period=0',
      '--force',
      '--wait=false',
    );
    await eventually(
      'another pod of the operator',
      async () => (await this.#podNames()).some((name) => !before.includes(name)),
      limitMs,
    );
    await this.#kubectl('-n', namespace, 'rollout', 'status', 'deployment', '-l', selector, '--timeout=180s');
  }

  async upgrade(): Promise<void> {
    await this.install(this.#options.nextTag);
  }

  async scale(count: number): Promise<void> {
    await this.#kubectl('-n', namespace, 'scale', 'deployment', '-l', selector, `--replicas=${count}`);
    await this.#kubectl('-n', namespace, 'rollout', 'status', 'deployment', '-l', selector, '--timeout=180s');
    await eventually('the operators to be so many', async () => (await this.#podNames()).length === count, limitMs);
  }

  async log(): Promise<string> {
    return this.#kubectl('-n', namespace, 'logs', '-l', selector, '--prefix', `--tail=${logLines}`);
  }

  async #podNames(): Promise<readonly string[]> {
    const names = await this.#kubectl('-n', namespace, 'get', 'pods', '-l', selector, '-o', 'name');
    return names.split('\n').filter((name) => name !== '');
  }

  async #kubectl(...args: readonly string[]): Promise<string> {
    return run('kubectl', ['--kubeconfig', this.#options.kubeconfig, ...args], { limitMs });
  }

  async #helm(...args: readonly string[]): Promise<string> {
    return run('helm', ['--kubeconfig', this.#options.kubeconfig, ...args], { limitMs });
  }
}
