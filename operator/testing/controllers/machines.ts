// SPDX-License-Identifier: Apache-2.0

/** `off`: its processes are gone. `cut-off`: they run on, but neither kubelet nor API server hears of the other. */
export type MachineState = 'up' | 'off' | 'cut-off';

/** The state of the machines behind the Node objects. */
export class Machines {
  readonly #states = new Map<string, MachineState>();

  stateOf(name: string): MachineState {
    return this.#states.get(name) ?? 'up';
  }

  set(name: string, state: MachineState): void {
    this.#states.set(name, state);
  }
}
