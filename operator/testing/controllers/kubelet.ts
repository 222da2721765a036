// SPDX-License-Identifier: Apache-2.0
import { claims } from '../kinds/infrastructure.ts';
import { type Pod, claimNamesOf, hasEnded, isTerminating, pods } from '../kinds/workloads.ts';
import { isEqual, plainCopy } from '../objects/json.ts';
import type { PodRuntime } from '../pod-runtime.ts';
import type { Core } from '../server/core.ts';
import { timestamp } from '../server/deletion.ts';
import type { Controller } from './controllers.ts';
import { Hands } from './hands.ts';
import type { Machines } from './machines.ts';
import { type Observed, podStatus } from './pod-status.ts';

interface Running {
  readonly pod: Pod;
  /** Undefined until it has started, and after it has exited. */
  startedAt: string | undefined;
  podIp: string | undefined;
  restarts: number;
  /** Of the wall clock: not before then is it started again. */
  retryAtMs: number;
}

/** The kubelet waits 10 s after the second exit, twice as long after each one more, five minutes at most. */
const firstBackoffMs = 10_000;
const maxBackoffMs = 300_000;

/** The kubelets of all machines. What runs is up to the runtime. */
export class Kubelet implements Controller {
  readonly name = 'kubelet';
  readonly #hands: Hands;
  readonly #runtime: PodRuntime;
  readonly #machines: Machines;
  readonly #running = new Map<string, Running>();
  #addresses = 0;

  constructor(core: Core, runtime: PodRuntime, machines: Machines) {
    this.#hands = new Hands(core, 'kubelet');
    this.#runtime = runtime;
    this.#machines = machines;
  }

  keys(): readonly string[] {
    const bound = this.#hands.list(pods).filter((pod) => pod.spec.nodeName !== undefined);
    return [...new Set([...bound.map((pod) => pod.metadata.uid ?? ''), ...this.#running.keys()])];
  }

  async sync(uid: string): Promise<void> {
    const pod = this.#hands.list(pods).find((one) => one.metadata.uid === uid);
    const running = this.#running.get(uid);
    const machine = this.#machines.stateOf((pod ?? running?.pod)?.spec.nodeName ?? '');
    if (machine === 'off' && running !== undefined) {
      await this.#runtime.stop(running.pod, 0);
      if (running.startedAt !== undefined) running.restarts++;
      running.startedAt = undefined;
    }
    if (machine !== 'up') return;
    if (pod === undefined) await this.#stopOrphan(uid, running);
    else if (isTerminating(pod)) await this.#terminate(pod);
    else if (!hasEnded(pod)) await this.#run(pod, running ?? this.#accept(pod));
  }

  #accept(pod: Pod): Running {
    const running = { pod, startedAt: undefined, podIp: undefined, restarts: 0, retryAtMs: 0 };
    this.#running.set(pod.metadata.uid ?? '', running);
    return running;
  }

  /** Deleted by force while it ran. */
  async #stopOrphan(uid: string, running: Running | undefined): Promise<void> {
    if (running === undefined || (await this.#runtime.stop(running.pod, 0))) this.#running.delete(uid);
  }

  async #terminate(pod: Pod): Promise<void> {
    const isOver = Date.parse(pod.metadata.deletionTimestamp ?? '') <= this.#hands.nowMs;
    const grace = isOver ? 0 : (pod.metadata.deletionGracePeriodSeconds ?? 0);
    const isRunning = this.#running.has(pod.metadata.uid ?? '');
    if (isRunning && !(await this.#runtime.stop(pod, grace))) return;
    this.#running.delete(pod.metadata.uid ?? '');
    this.#hands.delete(pods, pod, { gracePeriodSeconds: 0 });
  }

  async #run(pod: Pod, running: Running): Promise<void> {
    const observed =
      running.startedAt === undefined ? await this.#start(pod, running) : await this.#probe(pod, running);
    const status = podStatus(pod, observed, this.#hands.nowMs);
    // While the runtime was asked the pod may have changed or gone.
    const now = this.#hands.get(pods, { namespace: pod.metadata.namespace, name: pod.metadata.name });
    if (now?.metadata.resourceVersion !== pod.metadata.resourceVersion) return;
    if (!isEqual(plainCopy(status), pod.status)) this.#hands.updateStatus(pods, pod, status);
  }

  async #start(pod: Pod, running: Running): Promise<Observed> {
    const phase = running.restarts > 0 || pod.status?.phase === 'Running' ? 'Running' : 'Pending';
    const seen = { phase, isReady: false, restarts: running.restarts, podIp: running.podIp } as const;
    if (!this.#hasVolumes(pod)) return { ...seen, state: { waiting: { reason: 'ContainerCreating' } } };
    if (running.retryAtMs > this.#hands.nowMs) {
      return {
        ...seen,
        state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off restarting failed container' } },
      };
    }
    const answer = await this.#runtime.start(pod);
    if (answer.outcome === 'waiting') {
      return { ...seen, state: { waiting: { reason: answer.reason, message: answer.message } } };
    }
    running.startedAt = timestamp(this.#hands.nowMs);
    running.podIp = answer.podIp ?? running.podIp ?? `10.244.0.${++this.#addresses}`;
    return this.#probe(pod, running);
  }

  async #probe(pod: Pod, running: Running): Promise<Observed> {
    const answer = await this.#runtime.probe(pod);
    const { restarts, podIp } = running;
    if (answer.state === 'running') {
      const state = { running: { startedAt: running.startedAt } };
      return { phase: 'Running', isReady: answer.isReady, restarts, podIp, state };
    }
    running.startedAt = undefined;
    const state = { terminated: { exitCode: answer.exitCode, reason: answer.exitCode === 0 ? 'Completed' : 'Error' } };
    if (pod.spec.restartPolicy !== 'Always') {
      const phase = answer.exitCode === 0 ? 'Succeeded' : 'Failed';
      return { phase, isReady: false, restarts, podIp, state };
    }
    const backoffMs = restarts === 0 ? 0 : Math.min(firstBackoffMs * 2 ** (restarts - 1), maxBackoffMs);
    running.restarts++;
    running.retryAtMs = this.#hands.nowMs + backoffMs;
    return { phase: 'Running', isReady: false, restarts: running.restarts, podIp, state };
  }

  #hasVolumes(pod: Pod): boolean {
    return claimNamesOf(pod).every((name) => {
      const claim = this.#hands.get(claims, { namespace: pod.metadata.namespace, name });
      return claim?.status?.phase === 'Bound';
    });
  }
}
