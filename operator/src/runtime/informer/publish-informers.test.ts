// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { RecordingMetrics } from '../testing/recorders.ts';
import { widgets } from '../testing/informer-rig.ts';
import { publishInformers } from './publish-informers.ts';

test('informers of one kind in several namespaces are one cache, as old as the oldest', () => {
  const metrics = new RecordingMetrics();
  const gadgets = { ...widgets, plural: 'gadgets' };
  publishInformers(
    [
      { resource: widgets, staleMs: 5000, count: 3 },
      { resource: widgets, staleMs: 1000, count: 4 },
      { resource: gadgets, staleMs: 0, count: 1 },
    ],
    metrics,
  );
  expect(metrics.value('shortlink_operator_informer_stale_seconds{widgets}')).toBe(5);
  expect(metrics.value('shortlink_operator_informer_objects{widgets}')).toBe(7);
  expect(metrics.value('shortlink_operator_informer_objects{gadgets}')).toBe(1);
});
