// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { reportText } from './report-text.ts';

const one = {
  name: '/project/e2e/kubernetes/scenarios/smoke/install.k8s.ts',
  assertionResults: [{ title: 'it is installed', status: 'passed', duration: 41_400 }],
};
const two = {
  name: '/project/e2e/kubernetes/scenarios/full/drain.k8s.ts',
  assertionResults: [{ title: 'it | drains', status: 'failed', duration: 2000, failureMessages: ['Error: no\n at x'] }],
};
const three = {
  name: '/project/e2e/kubernetes/scenarios/full/partition.k8s.ts',
  assertionResults: [{ title: 'it is cut off', status: 'pending' }],
};
const four = { name: '/project/broken.k8s.ts', message: 'cannot be loaded', assertionResults: [] };

it('has a line for each scenario, skipped, failed and broken ones too, and counts them', () => {
  const text = reportText({
    provider: 'kind',
    level: 'full',
    versions: { Kubernetes: 'v1.34.4' },
    scenarios: { startTime: Date.UTC(2030, 0, 2), testResults: [one, two, three, four] },
    measured: [{ name: 'install', measured: { 'first redirect': '40 s' } }],
  });
  expect(text.split('\n')).toEqual([
    '# Scenarios on Kubernetes: full on kind, 2030-01-02',
    '',
    '1 passed, 2 failed, 1 skipped, in 1 minutes.',
    'Written by `make e2e LEVEL=full`. The limits of each scenario stand in its file below `e2e/kubernetes/scenarios`.',
    '',
    '| What took part | Version |',
    '| --- | --- |',
    '| Kubernetes | v1.34.4 |',
    '',
    '| Scenario | What it shows | Result | Seconds | Measured |',
    '| --- | --- | --- | ---: | --- |',
    '| `broken` | cannot be loaded | failed | 0 |  |',
    '| `drain` | it \\| drains | failed | 2 | Error: no |',
    '| `install` | it is installed | passed | 41 | first redirect: 40 s |',
    '| `partition` | it is cut off | skipped | 0 |  |',
    '',
  ]);
});
