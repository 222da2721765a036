// SPDX-License-Identifier: Apache-2.0
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ports } from '../../../../operator/src/desired/names.ts';
import { paths } from '../../../../operator/src/desired/volumes.ts';
import { configMaps, secrets } from '../../../../operator/testing/kinds/plain-kinds.ts';
import { claims } from '../../../../operator/testing/kinds/infrastructure.ts';
import { claimNamesOf, type Container, type Pod } from '../../../../operator/testing/kinds/workloads.ts';
import type { PodRuntime, ProbeAnswer, StartAnswer } from '../../../../operator/testing/pod-runtime.ts';
import type { Core } from '../../../../operator/testing/server/core.ts';
import type { Loopback } from './loopback.ts';
import { filesOf, writeFiles } from './pod-files.ts';
import { makeFolder, PodProcess } from './pod-process.ts';

interface Running {
  readonly pod: Pod;
  readonly written: Map<string, string>;
  /** How many of the containers that run before the node have ended well. */
  initialized: number;
  process: PodProcess | undefined;
}

const listeners = ['redirect', 'api', 'grpc', 'peer', 'ops'] as const;

/** Pods of nodes as real processes: each has an address of the loopback, folders for volumes, and the arguments of its spec. */
export class ProcessRuntime implements PodRuntime {
  readonly badImages = new Set<string>();
  readonly #folder: string;
  readonly #loopback: Loopback;
  readonly #running = new Map<string, Running>();
  #core: Core | undefined;

  constructor(folder: string, loopback: Loopback) {
    this.#folder = folder;
    this.#loopback = loopback;
  }

  /** Where claims, ConfigMaps and Secrets are looked up. */
  attach(core: Core): void {
    this.#core = core;
  }

  start(pod: Pod): StartAnswer {
    const bad = pod.spec.containers.find(({ image }) => this.badImages.has(image));
    if (bad !== undefined)
      return { outcome: 'waiting', reason: 'ImagePullBackOff', message: `Back-off pulling image "${bad.image}"` };
    const running = this.#runningOf(pod);
    const missing = this.#mount(running);
    if (missing !== undefined)
      return { outcome: 'waiting', reason: 'ContainerCreating', message: `${missing} is not there` };
    const waiting = this.#initialize(running);
    if (waiting !== undefined) return waiting;
    const address = this.#addressOf(pod);
    const [container] = pod.spec.containers;
    running.process = new PodProcess(
      [...this.#args(pod, container), ...listeners.map((name) => `--${name}.address=${address}:${ports[name]}`)],
      { log: this.#logOf(pod), readiness: `http://${address}:${ports.ops}/readyz` },
    );
    return { outcome: 'started', podIp: address };
  }

  probe(pod: Pod): ProbeAnswer {
    const running = this.#runningOf(pod);
    this.#mount(running);
    const { process } = running;
    if (process === undefined) return { state: 'running', isReady: false };
    const { exitCode, isReady } = process;
    return exitCode === undefined ? { state: 'running', isReady } : { state: 'exited', exitCode };
  }

  stop(pod: Pod, graceSeconds: number): boolean {
    const process = this.#running.get(pod.metadata.uid ?? '')?.process;
    if (process !== undefined && process.exitCode === undefined) {
      process.signal('SIGCONT');
      if (graceSeconds === 0) process.signal('SIGKILL');
      else process.terminate();
      return false;
    }
    this.#running.delete(pod.metadata.uid ?? '');
    return true;
  }

  /** Stops or continues all processes on a machine without anybody being told. */
  freeze(machine: string, isFrozen: boolean): void {
    for (const { pod, process } of this.#running.values()) {
      if (pod.spec.nodeName === machine) process?.signal(isFrozen ? 'SIGSTOP' : 'SIGCONT');
    }
  }

  /** Power off: nothing ends in order. */
  killAll(machine?: string): void {
    for (const { pod, process } of this.#running.values()) {
      if (machine === undefined || pod.spec.nodeName === machine) process?.signal('SIGKILL');
    }
  }

  log(namespace: string, pod: string): string {
    return readFileSync(join(this.#folder, 'logs', `${namespace}.${pod}`), 'utf8');
  }

  #runningOf(pod: Pod): Running {
    const uid = pod.metadata.uid ?? '';
    const known = this.#running.get(uid);
    // The pod as it is now: annotations change.
    const running = { written: new Map<string, string>(), initialized: 0, process: undefined, ...known, pod };
    this.#running.set(uid, running);
    return running;
  }

  #initialize(running: Running): StartAnswer | undefined {
    const { pod } = running;
    const container = pod.spec.initContainers?.[running.initialized];
    if (container === undefined) return undefined;
    const { process } = running;
    const waiting = { outcome: 'waiting', reason: 'PodInitializing', message: container.name } as const;
    if (process === undefined) {
      running.process = new PodProcess(this.#args(pod, container), { log: this.#logOf(pod) });
      return waiting;
    }
    if (process.exitCode === undefined) return waiting;
    if (process.exitCode === 0) running.initialized++;
    running.process = undefined;
    return waiting;
  }

  /** @returns what is missing; undefined: all files are there. */
  #mount({ pod, written }: Running): string | undefined {
    const { namespace } = pod.metadata;
    const source = {
      configMap: (name: string) => this.#core?.get(configMaps, { namespace, name }),
      secret: (name: string) => this.#core?.get(secrets, { namespace, name }),
    };
    for (const { mountPath, volume } of mountsOf(pod)) {
      const files = filesOf(volume, pod, source);
      if (files === undefined) return volume.name;
      const local = [...files].map(([name, content]) => [name, Buffer.from(this.#localized(pod, content))] as const);
      writeFiles(this.#local(pod, mountPath), new Map(local), written);
    }
    return undefined;
  }

  #localized(pod: Pod, content: Buffer): string {
    return this.#withLocalPaths(pod, this.#withAddresses(content.toString('utf8')));
  }

  #args(pod: Pod, container: Container | undefined): string[] {
    const { args = [] } = (container ?? {}) as { readonly args?: readonly string[] };
    return args.map((arg) =>
      this.#withLocalPaths(pod, this.#withAddresses(arg.replaceAll('$(POD_NAME)', pod.metadata.name))),
    );
  }

  #withAddresses(text: string): string {
    const names = /\b([a-z0-9-]+)\.[a-z0-9-]+-nodes\.([a-z0-9-]+)\.svc\b/g;
    return text.replaceAll(names, (_, pod: string, namespace: string) => this.#loopback.of(`${namespace}/${pod}`));
  }

  #withLocalPaths(pod: Pod, text: string): string {
    return text.replaceAll('/etc/shortlink/', `${this.#etcOf(pod)}/`).replaceAll(/=\/data$/g, `=${this.#dataOf(pod)}`);
  }

  #local(pod: Pod, mountPath: string): string {
    return mountPath.replace('/etc/shortlink', this.#etcOf(pod));
  }

  #etcOf(pod: Pod): string {
    return join(this.#folder, 'etc', pod.metadata.uid ?? '');
  }

  /** The volume is the claim's: another one of the same name is another folder. */
  #dataOf({ metadata: { namespace }, ...pod }: Pod): string {
    const [name = ''] = claimNamesOf({ metadata: { name: '' }, ...pod });
    const uid = this.#core?.get(claims, { namespace, name })?.metadata.uid ?? '';
    return makeFolder(join(this.#folder, 'volumes', uid));
  }

  #addressOf({ metadata }: Pod): string {
    return this.#loopback.of(`${metadata.namespace}/${metadata.name}`);
  }

  #logOf({ metadata }: Pod): string {
    const path = join(makeFolder(join(this.#folder, 'logs')), `${metadata.namespace}.${metadata.name}`);
    appendFileSync(path, `--- ${new Date().toISOString()} ${metadata.uid}\n`);
    return path;
  }
}

interface Mount {
  readonly mountPath: string;
  readonly volume: { readonly name: string };
}

/** Volumes of files only: the data lies elsewhere, and /tmp is nobody's business. */
function mountsOf({ spec }: Pod): readonly Mount[] {
  const [container] = spec.containers as readonly {
    readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
  }[];
  return (container?.volumeMounts ?? []).flatMap(({ name, mountPath }) => {
    const volume = spec.volumes?.find((one) => one.name === name);
    return volume === undefined || mountPath === paths.data || mountPath === paths.tmp ? [] : [{ mountPath, volume }];
  });
}
