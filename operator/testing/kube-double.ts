// SPDX-License-Identifier: Apache-2.0
import { Controllers } from './controllers/controllers.ts';
import { DisruptionController } from './controllers/disruption.ts';
import { GarbageCollector } from './controllers/garbage-collector.ts';
import { Hands } from './controllers/hands.ts';
import { Kubelet } from './controllers/kubelet.ts';
import { type MachineState, Machines } from './controllers/machines.ts';
import { NamespaceController } from './controllers/namespaces.ts';
import { NodeLifecycle } from './controllers/node-lifecycle.ts';
import { Scheduler } from './controllers/scheduler.ts';
import { StatefulSetController } from './controllers/stateful-set/stateful-set-controller.ts';
import { VolumeController } from './controllers/volume-controller.ts';
import { VolumeExpansion } from './controllers/volume-expansion.ts';
import { hostnameLabel, namespacesOf, nodes, storageClasses, zoneLabel } from './kinds/infrastructure.ts';
import { plainKinds } from './kinds/plain-kinds.ts';
import { storageKinds } from './kinds/storage-kinds.ts';
import { workloadKinds } from './kinds/workload-kinds.ts';
import { ManualClock, turn } from './manual-clock.ts';
import { type PodRuntime, ScriptedRuntime } from './pod-runtime.ts';
import { SeededRandom } from './seeded-random.ts';
import { ApiServer } from './server/api-server.ts';
import { Core } from './server/core.ts';
import type { Kind } from './server/kind.ts';

export interface KubeDoubleOptions {
  /** The order in which controllers work. */
  readonly seed?: number;
  readonly clock?: ManualClock;
  readonly runtime?: PodRuntime;
  /** Kinds beyond those of Kubernetes: the CRDs. */
  readonly kinds?: readonly Kind[];
  /** Zones by the names of nodes; three nodes in three zones by default. */
  readonly nodes?: Readonly<Record<string, string>>;
  /** Of the default storage class. */
  readonly allowVolumeExpansion?: boolean;
  readonly maxHistory?: number;
  /** As since Kubernetes 1.36: `status.currentRevision` follows with OnDelete too. */
  readonly onDeleteFinishes?: boolean;
}

const threeZones = { 'node-1': 'zone-a', 'node-2': 'zone-b', 'node-3': 'zone-c' };

/** A Kubernetes cluster without processes: API server, controllers and kubelets that work when a test says so. */
export class KubeDouble {
  readonly clock: ManualClock;
  readonly core: Core;
  readonly controllers: Controllers;
  readonly #machines = new Machines();

  constructor(options: KubeDoubleOptions = {}) {
    this.clock = options.clock ?? new ManualClock();
    this.core = new Core({
      clock: this.clock,
      kinds: [...plainKinds, ...storageKinds, ...workloadKinds, ...(options.kinds ?? [])],
      maxHistory: options.maxHistory ?? 10_000,
    });
    const { core } = this;
    const all = [
      new StatefulSetController(core, { onDeleteFinishes: options.onDeleteFinishes ?? false }),
      new GarbageCollector(core),
      new NamespaceController(core),
      new DisruptionController(core),
      new Scheduler(core),
      new VolumeController(core),
      new VolumeExpansion(core),
      new NodeLifecycle(core, this.#machines),
      new Kubelet(core, options.runtime ?? new ScriptedRuntime(), this.#machines),
    ];
    this.controllers = new Controllers(core, all, new SeededRandom(options.seed ?? 1));
    this.#furnish(options);
  }

  /** A client of its own; how far its lists and watches lag is its own too. */
  connect(): ApiServer {
    return new ApiServer(this.core, this.clock);
  }

  setMachine(node: string, state: MachineState): void {
    this.#machines.set(node, state);
  }

  /** Controllers and whoever watches them work until nothing changes; no time passes. */
  async settle(): Promise<void> {
    for (;;) {
      await turn();
      const { revision } = this.core.store;
      await this.controllers.settle();
      await turn();
      if (this.core.store.revision === revision) return;
    }
  }

  /** Lets time pass in steps, with all work done in between. */
  async run(ms: number, stepMs = 1000): Promise<void> {
    for (let passedMs = 0; passedMs < ms; passedMs += stepMs) {
      await this.settle();
      await this.clock.advance(Math.min(stepMs, ms - passedMs));
    }
    await this.settle();
  }

  #furnish(options: KubeDoubleOptions): void {
    const hands = new Hands(this.core, 'test');
    for (const name of ['default', 'kube-system']) {
      hands.create(namespacesOf, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    }
    for (const [name, zone] of Object.entries(options.nodes ?? threeZones)) {
      hands.create(nodes, {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name, labels: { [hostnameLabel]: name, [zoneLabel]: zone } },
      });
    }
    hands.create(storageClasses, {
      apiVersion: storageClasses.apiVersion,
      kind: storageClasses.kind,
      metadata: { name: 'standard', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
      provisioner: 'double.test',
      volumeBindingMode: 'WaitForFirstConsumer',
      allowVolumeExpansion: options.allowVolumeExpansion ?? true,
    });
  }
}
