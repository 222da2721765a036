// SPDX-License-Identifier: Apache-2.0
import type { RuntimeMetrics } from '../metrics.ts';
import type { Informer } from './informer.ts';

/**
 * Brings the numbers up to date that change while nothing happens; before each scrape. Several informers may follow one kind, each
 * in a namespace of its own: they are one cache to whoever looks, as old as the oldest of them.
 */
export function publishInformers(
  informers: readonly Pick<Informer, 'resource' | 'staleMs' | 'count'>[],
  metrics: RuntimeMetrics,
): void {
  const byKind = Map.groupBy(informers, ({ resource }) => resource.plural);
  for (const [resource, all] of byKind) {
    const staleMs = Math.max(...all.map((informer) => informer.staleMs));
    const count = all.reduce((sum, informer) => sum + informer.count, 0);
    metrics.set('shortlink_operator_informer_stale_seconds', staleMs / 1000, { resource });
    metrics.set('shortlink_operator_informer_objects', count, { resource });
  }
}
