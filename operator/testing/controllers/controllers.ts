// SPDX-License-Identifier: Apache-2.0
import { assert } from '@shortlink/common/assert.ts';
import { KubeError, type KubeObject, type ObjectKey } from '../../src/ports/kube-api.ts';
import type { SeededRandom } from '../seeded-random.ts';
import type { Core } from '../server/core.ts';

/** Something that brings objects nearer to what is wanted, one at a time, when it is asked to. */
export interface Controller {
  readonly name: string;
  /** Of everything that it may have to do something for. */
  keys(): readonly string[];
  sync(key: string): void | Promise<void>;
}

export interface StepReport {
  readonly controller: string;
  readonly key: string;
}

/** Far more than any settling takes. */
const defaultMaxSteps = 10_000;

export function textOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}

export function keyOfText(text: string): ObjectKey {
  const slash = text.indexOf('/');
  return { namespace: text.slice(0, slash) || undefined, name: text.slice(slash + 1) };
}

/** The controllers of a cluster. Nothing of them runs by itself; the order of their work comes from a seed. */
export class Controllers {
  readonly #core: Core;
  readonly #all: readonly Controller[];
  readonly #random: SeededRandom;
  readonly #paused = new Set<string>();

  constructor(core: Core, all: readonly Controller[], random: SeededRandom) {
    this.#core = core;
    this.#all = all;
    this.#random = random;
  }

  /** A controller that is away, by its name: nothing of its work is done until `resume`. */
  pause(name: string): void {
    assert(
      this.#all.some((one) => one.name === name),
      `there is no controller ${name}`,
    );
    this.#paused.add(name);
  }

  resume(name: string): void {
    this.#paused.delete(name);
  }

  /** One change to one object by one of them; undefined when none of them has anything to do. */
  async step(): Promise<StepReport | undefined> {
    for (const { controller, key } of this.#random.shuffle(this.#work())) {
      if (await this.#changes(controller, key)) return { controller: controller.name, key };
    }
    return undefined;
  }

  /** Works until nothing changes any more without time passing. */
  async settle(maxSteps = defaultMaxSteps): Promise<number> {
    let steps = 0;
    for (let isQuiet = false; !isQuiet;) {
      isQuiet = true;
      for (const { controller, key } of this.#random.shuffle(this.#work())) {
        if (!(await this.#changes(controller, key))) continue;
        isQuiet = false;
        steps++;
        assert(steps < maxSteps, `the controllers do not come to rest: ${controller.name} changes ${key} again`);
      }
    }
    return steps;
  }

  #work(): readonly { readonly controller: Controller; readonly key: string }[] {
    return this.#all
      .filter((one) => !this.#paused.has(one.name))
      .flatMap((controller) => controller.keys().map((key) => ({ controller, key })));
  }

  async #changes(controller: Controller, key: string): Promise<boolean> {
    const { revision } = this.#core.store;
    try {
      await controller.sync(key);
    } catch (error) {
      // A refusal (a conflict, a claim that is being deleted) is tried again later, as controllers do.
      if (!(error instanceof KubeError)) throw error;
    }
    return this.#core.store.revision !== revision;
  }
}
