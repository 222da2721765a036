// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { groupedLabels, selectorsOf } from './promql.ts';

test('metrics and their matchers are found, functions, words and times are not', () => {
  const text = `histogram_quantile(0.99, sum by (pod, le) (rate(a_bucket{pod=~"x|y", state!="up"}[5m])))
    / on (pod) group_left (node) (b_total offset 1h > bool 1e3) and shortlink:ratio unless absent(c{}) or inf`;
  expect(selectorsOf(text)).toEqual([
    {
      metric: 'a_bucket',
      matchers: [
        { label: 'pod', operator: '=~', value: 'x|y' },
        { label: 'state', operator: '!=', value: 'up' },
      ],
    },
    { metric: 'b_total', matchers: [] },
    { metric: 'shortlink:ratio', matchers: [] },
    { metric: 'c', matchers: [] },
  ]);
});

test('labels of groups and joins are found', () => {
  expect(groupedLabels('sum by (a, b) (x) / on (c) group_left () y')).toEqual(['a', 'b', 'c']);
});
