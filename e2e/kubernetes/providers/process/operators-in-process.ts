// SPDX-License-Identifier: Apache-2.0
import type { KubeDiscovery } from '../../../../operator/src/ports/discovery.ts';
import type { KubeApi } from '../../../../operator/src/ports/kube-api.ts';
import type { Gateway } from '../../../../operator/testing/gateway/gateway.ts';
import type { OperatorControl } from '../../provider.ts';
import { OperatorInProcess } from './operator-in-process.ts';

const logMaxChars = 4_000_000;

/** The operators that there are, in this process. */
export class OperatorsInProcess implements OperatorControl {
  readonly #connect: () => KubeApi & KubeDiscovery;
  readonly #image: string;
  #living: OperatorInProcess[] = [];
  #count = 0;
  #log = '';

  constructor(connect: () => KubeApi & KubeDiscovery, image: string) {
    this.#connect = connect;
    this.#image = image;
  }

  get gateways(): readonly Gateway[] {
    return this.#living.map(({ gateway }) => gateway);
  }

  async stop(): Promise<void> {
    await this.scale(0);
  }

  async start(): Promise<void> {
    await this.scale(1);
  }

  /** All that there are; as many new ones come. */
  async kill(): Promise<void> {
    await this.scale(await this.end());
  }

  /** @returns how many there were. */
  async end(): Promise<number> {
    const ended = this.#living;
    this.#living = [];
    await Promise.all(ended.map(async (operator) => operator.kill()));
    return ended.length;
  }

  async upgrade(): Promise<void> {
    throw new Error('there is one operator in this process, and no other version of it');
  }

  async reinstall(): Promise<void> {
    throw new Error('there are no charts without Kubernetes');
  }

  async scale(count: number): Promise<void> {
    while (this.#living.length > count) await this.#living.pop()?.stop();
    while (this.#living.length < count) {
      const name = `operator-${this.#count++}`;
      const keep = (text: string): void => void (this.#log = (this.#log + text).slice(-logMaxChars));
      this.#living.push(new OperatorInProcess(this.#connect(), name, this.#image, keep));
    }
  }

  async log(): Promise<string> {
    return this.#log;
  }
}
