// SPDX-License-Identifier: Apache-2.0
import type { NodeId, ShardId } from '@shortlink/common/ids.ts';
import type { ClusterMap } from '../../core/cluster/cluster-map.ts';
import type { AdminRequest, AdminResponse } from '../../ports/admin.ts';
import type { ChunkCounts } from '../../ports/ring-report.ts';
import type { ForwardStatus, NodeHeartbeat } from '../../ports/peers.ts';
import type { BarrierOutcome, ClientRequest, CopyQuestion } from '../engine-api.ts';

/** What a serving thread asks; `id` comes back with the answer. */
export type ToEngine =
  | ({ readonly type: 'submit'; readonly id: number } & { readonly request: ClientRequest })
  | { readonly type: 'barrier'; readonly id: number; readonly shard: ShardId; readonly timeoutMs: number }
  | { readonly type: 'copy'; readonly id: number; readonly node: NodeId; readonly question: CopyQuestion }
  | { readonly type: 'carry'; readonly id: number; readonly facts: NodeHeartbeat; readonly counts: ChunkCounts }
  | { readonly type: 'admin'; readonly id: number; readonly request: AdminRequest };

export type FromEngine =
  | { readonly type: 'answer'; readonly id: number; readonly status: ForwardStatus; readonly payload: Uint8Array }
  | { readonly type: 'barrier'; readonly id: number; readonly outcome: BarrierOutcome }
  | { readonly type: 'admin'; readonly id: number; readonly response: AdminResponse }
  | { readonly type: 'map'; readonly map: ClusterMap };

/** One end of a pipe between two threads that carries batches. Everything is copied; order is kept; nothing is lost. */
export interface Channel<Out, In> {
  post(batch: readonly Out[]): void;
  onBatch(receive: (batch: readonly In[]) => void): void;
}

/** Gathers what is posted within one turn of the event loop, because a post costs far more than a message. */
export class BatchingPoster<Out> {
  readonly #channel: Pick<Channel<Out, never>, 'post'>;
  readonly #soon: (run: () => void) => void;
  #batch: Out[] = [];

  constructor(channel: Pick<Channel<Out, never>, 'post'>, soon: (run: () => void) => void) {
    this.#channel = channel;
    this.#soon = soon;
  }

  post(message: Out): void {
    this.#batch.push(message);
    if (this.#batch.length > 1) return;
    this.#soon(() => {
      const batch = this.#batch;
      this.#batch = [];
      this.#channel.post(batch);
    });
  }
}
