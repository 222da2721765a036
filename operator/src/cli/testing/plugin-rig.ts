// SPDX-License-Identifier: Apache-2.0
import type { Io } from '@shortlink/common/cli/io.ts';
import { runProgram } from '@shortlink/common/cli/run.ts';
import { SeededRandom } from '../../../testing/seeded-random.ts';
import { nodePki } from '../../adapters/node-pki.ts';
import { sha256 } from '../../adapters/sha256.ts';
import { systemClock } from '../../adapters/system-clock.ts';
import type { KubeApi } from '../../ports/kube-api.ts';
import type { PodAccess } from '../../ports/pod-access.ts';
import type { StoreApi } from '../../ports/store-api.ts';
import type { Scene } from '../../reconcile/testing/scene.ts';
import { pluginProgram } from '../program.ts';
import type { KubeTarget } from '../session.ts';

export interface Ran {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/** Pods whose logs are lines by their names; no network. */
export class FakePodAccess implements PodAccess {
  readonly lines = new Map<string, readonly string[]>();

  async *logs({ name }: { readonly name: string }): AsyncGenerator<string> {
    await Promise.resolve();
    yield* this.lines.get(name) ?? [];
  }

  forward(): Promise<string> {
    return Promise.reject(new Error('the store double needs no port'));
  }
}

/** The plugin on the Kubernetes of a scene, as its user. */
export class PluginRig {
  readonly pods = new FakePodAccess();
  readonly targets: KubeTarget[] = [];
  kube: KubeApi;
  store: StoreApi;
  readonly #scene: Scene;

  constructor(scene: Scene) {
    this.#scene = scene;
    this.kube = scene.kubectl;
    this.store = scene.store;
  }

  /** `line`: what is typed after `kubectl shortlink`. */
  async run(line: string): Promise<Ran> {
    const out: string[] = [];
    const err: string[] = [];
    const io: Io = { out: (text) => out.push(text), err: (text) => err.push(text), rewrite: undefined, env: {} };
    const program = pluginProgram((target) => {
      this.targets.push(target);
      return {
        kube: this.kube,
        pods: this.pods,
        namespace: target.namespace ?? 'default',
        // Commands wait for what happens at the same time in the scene, whose clock stands still meanwhile.
        clock: { ...systemClock, nowMs: () => this.#scene.double.clock.nowMs() },
        random: new SeededRandom(3),
        digest: sha256,
        pki: nodePki,
        storeOf: () => this.store,
        close: () => {},
      };
    });
    const exitCode = await runProgram(
      program,
      line.split(' ').filter((word) => word !== ''),
      io,
    );
    return { exitCode, out: out.join('\n'), err: err.join('\n') };
  }
}

/** Answers 403 to every question about kinds of these names, as to a user without the right. */
export function withoutRights(kube: KubeApi, plurals: readonly string[], forbid: (plural: string) => Error): KubeApi {
  const check = (plural: string): void => {
    if (plurals.includes(plural)) throw forbid(plural);
  };
  return {
    get: async (resource, key, signal) => {
      check(resource.plural);
      return kube.get(resource, key, signal);
    },
    list: async (resource, options, signal) => {
      check(resource.plural);
      return kube.list(resource, options, signal);
    },
    watch: (resource, options, signal) => kube.watch(resource, options, signal),
    create: async (resource, object, signal) => kube.create(resource, object, signal),
    replace: async (resource, object, signal) => kube.replace(resource, object, signal),
    apply: async (resource, object, options, signal) => kube.apply(resource, object, options, signal),
    delete: async (resource, key, options, signal) => kube.delete(resource, key, options, signal),
    evict: async (pod, options, signal) => kube.evict(pod, options, signal),
  };
}
