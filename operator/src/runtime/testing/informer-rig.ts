// SPDX-License-Identifier: Apache-2.0
import type { KubeObject, Resource } from '../../ports/kube-api.ts';
import { Informer } from '../informer/informer.ts';
import type { Change } from '../informer/object-cache.ts';
import { ManualClock, settle } from './manual-clock.ts';
import { MemoryKubeApi } from './memory-kube-api.ts';
import { RecordingLogger, RecordingMetrics } from './recorders.ts';
import { seededRandom } from './seeded-random.ts';

export const widgets: Resource = { apiVersion: 'test.dev/v1', kind: 'Widget', plural: 'widgets', namespaced: true };

export function widget(name: string, more: Partial<KubeObject['metadata']> & { readonly size?: number } = {}) {
  const { size, ...metadata } = more;
  return {
    apiVersion: 'test.dev/v1',
    kind: 'Widget',
    metadata: { name, namespace: 'ns', ...metadata },
    spec: { size },
  };
}

export interface InformerRig {
  readonly api: MemoryKubeApi;
  readonly clock: ManualClock;
  readonly metrics: RecordingMetrics;
  readonly logger: RecordingLogger;
  readonly informer: Informer;
  /** As `type name`, with the uid behind `deleted` and `added`. */
  readonly changes: string[];
  readonly start: () => Promise<void>;
  /** Rejects when the informer does, or leaves something behind. */
  readonly stop: () => Promise<void>;
}

/** An informer of widgets on an API server in memory. */
export function informerRig(options: { readonly seed?: number; readonly pageSize?: number } = {}): InformerRig {
  const api = new MemoryKubeApi();
  const clock = new ManualClock();
  const metrics = new RecordingMetrics();
  const logger = new RecordingLogger();
  const changes: string[] = [];
  const informer = new Informer({
    api,
    resource: widgets,
    scope: {},
    indexLabels: ['app'],
    pageSize: options.pageSize,
    clock,
    random: seededRandom(options.seed ?? 1),
    metrics,
    logger,
  });
  informer.feed.addObserver({ observe: (change) => changes.push(describe(change)), observeList: () => {} });
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  const start = async () => {
    running = informer.run(stopping.signal);
    await settle();
  };
  const stop = async () => {
    stopping.abort(new Error('stopped'));
    await running;
    clock.checkNoTimers();
    if (api.watchers > 0) throw new Error(`${api.watchers} watches are left`);
  };
  return { api, clock, metrics, logger, informer, changes, start, stop };
}

function describe(change: Change): string {
  const { name, uid } = change.object.metadata;
  return change.type === 'updated' ? `updated ${name}` : `${change.type} ${name} ${uid}`;
}
