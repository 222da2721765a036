// SPDX-License-Identifier: Apache-2.0
import { connectKube, type Kube } from '../src/adapters/kube/connect.ts';
import { systemClock } from '../src/adapters/system-clock.ts';

/** The cluster of KUBECONFIG, without limits that would hold up tests. */
export function connectTestKube(): Kube {
  return connectKube({
    clock: systemClock,
    metrics: { add: () => {}, set: () => {}, observe: () => {}, clear: () => {} },
    userAgent: 'shortlink-tests',
    rate: { perSecond: 1000, burst: 1000 },
  });
}
