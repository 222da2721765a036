// SPDX-License-Identifier: Apache-2.0
import type { NodeDescription } from '../../core/cluster/cluster-map.ts';
import type { EngineConfig } from '../engine-config.ts';
import type { Volume } from './volume.ts';

/** What this node says of itself. Its zone may be learned, and may change, while it runs. */
export class OwnDescription {
  readonly #config: EngineConfig;
  readonly #volume: Volume;
  #zone: string | undefined;

  constructor(config: EngineConfig, volume: Volume) {
    this.#config = config;
    this.#volume = volume;
    this.#zone = config.zone;
  }

  get current(): NodeDescription {
    const { name, weight, addresses } = this.#config;
    // Who does not know better stays where it was: to the ring, "nowhere" would be a move.
    const zone = this.#zone ?? zoneOf(this.#volume) ?? '';
    return { id: this.#volume.nodeId, name, zone, weight, addresses };
  }

  useZone(zone: string): void {
    this.#zone = zone;
  }
}

/** The zone under which the cluster lists the node of this volume; undefined when it does not, or knows none. */
export function zoneOf({ map, nodeId }: Pick<Volume, 'map' | 'nodeId'>): string | undefined {
  const zone = map?.nodes.find((node) => node.id === nodeId)?.zone;
  return zone === '' ? undefined : zone;
}
