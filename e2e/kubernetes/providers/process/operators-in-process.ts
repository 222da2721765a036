// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeDiscovery } from '../../../../operator/src/ports/discovery.ts';
import type { KubeApi } from '../../../../operator/src/ports/kube-api.ts';
import type { OperatorControl } from '../../provider.ts';
import { OperatorInProcess } from './operator-in-process.ts';

const restartMs = 1000;
const logMaxChars = 4_000_000;

/** The operators that there are, in this process. */
export class OperatorsInProcess implements OperatorControl {
  readonly #connect: () => KubeApi & KubeDiscovery;
  readonly #image: string;
  #living: OperatorInProcess[] = [];
  #count = 0;
  #log = '';
  #isCutOff = false;

  constructor(connect: () => KubeApi & KubeDiscovery, image: string) {
    this.#connect = connect;
    this.#image = image;
  }

  /** None of them reaches the API server, nor does one that comes, until `reconnect`. */
  cutOff(): void {
    this.#isCutOff = true;
    for (const { gateway } of this.#living) gateway.interrupt('refuse');
  }

  reconnect(): void {
    this.#isCutOff = false;
    for (const { gateway } of this.#living) gateway.restore();
  }

  async stop(): Promise<void> {
    await this.scale(0);
  }

  async start(): Promise<void> {
    await this.scale(1);
  }

  /** All that there are; as many new ones come. */
  async kill(): Promise<void> {
    await this.scale(this.end());
  }

  /** @returns how many there were. */
  end(): number {
    const ended = this.#living;
    this.#living = [];
    for (const operator of ended) operator.kill();
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
    while (this.#living.length < count) this.#begin();
  }

  async log(): Promise<string> {
    return this.#log;
  }

  #begin(): void {
    const operator = new OperatorInProcess({
      api: this.#connect(),
      name: `operator-${this.#count++}`,
      image: this.#image,
      log: (text) => void (this.#log = (this.#log + text).slice(-logMaxChars)),
      ended: () => void this.#replace(operator),
    });
    if (this.#isCutOff) operator.gateway.interrupt('refuse');
    this.#living.push(operator);
  }

  /** A container that ends is started again. */
  async #replace(operator: OperatorInProcess): Promise<void> {
    operator.kill();
    await sleep(restartMs);
    const index = this.#living.indexOf(operator);
    if (index === -1) return;
    this.#living.splice(index, 1);
    this.#begin();
  }
}
