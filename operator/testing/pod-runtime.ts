// SPDX-License-Identifier: Apache-2.0
import type { Pod } from './kinds/workloads.ts';

export type StartAnswer =
  | { readonly outcome: 'started'; readonly podIp?: string }
  /** As the state of a waiting container: `ErrImagePull`, `ImagePullBackOff`, `CreateContainerConfigError`… */
  | { readonly outcome: 'waiting'; readonly reason: string; readonly message: string };

export type ProbeAnswer =
  | { readonly state: 'running'; readonly isReady: boolean }
  | { readonly state: 'exited'; readonly exitCode: number };

/** What runs behind the pods: the fake kubelet asks it, over and over. A pod is one unit here, whatever its containers are. */
export interface PodRuntime {
  /** Its volumes are there. Called again until it has started, and again after it has exited. */
  start(pod: Pod): StartAnswer | Promise<StartAnswer>;
  probe(pod: Pod): ProbeAnswer | Promise<ProbeAnswer>;
  /** True once nothing of it runs any more. Called again until then; with 0 seconds it must end at once. */
  stop(pod: Pod, graceSeconds: number): boolean | Promise<boolean>;
}

/** Pods that start at once and are ready, until a test says otherwise; by their names. */
export class ScriptedRuntime implements PodRuntime {
  readonly unready = new Set<string>();
  readonly badImages = new Set<string>();
  /** Exit codes of pods that end as soon as they start. */
  readonly crashing = new Map<string, number>();
  /** Do not end before their grace has passed. */
  readonly stubborn = new Set<string>();
  /** What ran when, for tests about volumes that two pods must not share. */
  readonly running = new Map<string, Pod>();

  start(pod: Pod): StartAnswer {
    const bad = pod.spec.containers.find((one) => this.badImages.has(one.image));
    if (bad !== undefined) {
      return { outcome: 'waiting', reason: 'ImagePullBackOff', message: `Back-off pulling image "${bad.image}"` };
    }
    this.running.set(pod.metadata.uid ?? '', pod);
    return { outcome: 'started' };
  }

  probe(pod: Pod): ProbeAnswer {
    const exitCode = this.crashing.get(pod.metadata.name);
    if (exitCode !== undefined) {
      this.running.delete(pod.metadata.uid ?? '');
      return { state: 'exited', exitCode };
    }
    return { state: 'running', isReady: !this.unready.has(pod.metadata.name) };
  }

  stop(pod: Pod, graceSeconds: number): boolean {
    if (this.stubborn.has(pod.metadata.name) && graceSeconds > 0) return false;
    this.running.delete(pod.metadata.uid ?? '');
    return true;
  }
}
