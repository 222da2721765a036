// SPDX-License-Identifier: Apache-2.0
import type { NodeId, ShardId } from '@shortlink/common/ids.ts';
import type { ClusterMap } from '../../core/cluster/cluster-map.ts';
import type { AdminRequest, AdminResponse } from '../../ports/admin.ts';
import type { ChunkCounts } from '../../ports/ring-report.ts';
import type { NodeHeartbeat } from '../../ports/peers.ts';
import type { BarrierOutcome, ClientRequest, CopyQuestion, EngineApi } from '../engine-api.ts';
import type { Answer } from '../requests.ts';
import { BatchingPoster } from './channel.ts';
import type { Channel, FromEngine, ToEngine } from './channel.ts';
import { compact } from './engine-server.ts';

/** The engine as another thread sees it. The engine answers everything by its deadline, so nothing waits here for ever. */
export class RemoteEngine implements EngineApi {
  readonly #poster: BatchingPoster<ToEngine>;
  readonly #answersById = new Map<number, Answer>();
  readonly #barriersById = new Map<number, (outcome: BarrierOutcome) => void>();
  readonly #adminById = new Map<number, (response: AdminResponse) => void>();
  readonly #mapListeners: ((map: ClusterMap) => void)[] = [];
  #map: ClusterMap | undefined;
  #nextId = 1;

  constructor(channel: Channel<ToEngine, FromEngine>, soon: (run: () => void) => void) {
    this.#poster = new BatchingPoster(channel, soon);
    channel.onBatch((batch) => {
      for (const message of batch) this.#handle(message);
    });
  }

  submit(request: ClientRequest, answer: Answer): void {
    const id = this.#nextId++;
    this.#answersById.set(id, answer);
    this.#poster.post({ type: 'submit', id, request: { ...request, payload: compact(request.payload) } });
  }

  barrier(shard: ShardId, timeoutMs: number, answer: (outcome: BarrierOutcome) => void): void {
    const id = this.#nextId++;
    this.#barriersById.set(id, answer);
    this.#poster.post({ type: 'barrier', id, shard, timeoutMs });
  }

  askForCopy(node: NodeId, question: CopyQuestion, answer: Answer): void {
    const id = this.#nextId++;
    this.#answersById.set(id, answer);
    this.#poster.post({ type: 'copy', id, node, question });
  }

  carry(facts: NodeHeartbeat, counts: ChunkCounts): void {
    this.#poster.post({ type: 'carry', id: this.#nextId++, facts, counts });
  }

  admin(request: AdminRequest, answer: (response: AdminResponse) => void): void {
    const id = this.#nextId++;
    this.#adminById.set(id, answer);
    this.#poster.post({ type: 'admin', id, request });
  }

  onMap(listener: (map: ClusterMap) => void): void {
    this.#mapListeners.push(listener);
    if (this.#map !== undefined) listener(this.#map);
  }

  #handle(message: FromEngine): void {
    switch (message.type) {
      case 'answer':
        return take(this.#answersById, message.id)?.(message.status, message.payload);
      case 'barrier':
        return take(this.#barriersById, message.id)?.(message.outcome);
      case 'admin':
        return take(this.#adminById, message.id)?.(message.response);
      case 'map':
        this.#map = message.map;
        for (const listener of this.#mapListeners) listener(message.map);
        return undefined;
    }
  }
}

function take<T>(map: Map<number, T>, id: number): T | undefined {
  const value = map.get(id);
  map.delete(id);
  return value;
}
