// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, it } from 'vitest';
import { namespacesOf } from '../kinds/infrastructure.ts';
import { apply } from './apply.ts';
import { deletion } from './deletion.ts';
import { eviction } from './eviction.ts';
import { reads } from './reads.ts';
import type { ConformanceTarget, Scenario } from './scenario.ts';
import { ScenarioTools } from './scenario-tools.ts';
import { statefulSetClaims } from './stateful-set-claims.ts';
import { statefulSetScale } from './stateful-set-scale.ts';
import { statefulSetUpdates } from './stateful-set-updates.ts';
import { writes } from './writes.ts';

/** What the operator relies on, by area. */
export const conformance: Readonly<Record<string, readonly Scenario[]>> = {
  writes,
  apply,
  reads,
  deletion,
  'stateful sets': statefulSetScale,
  'updates of stateful sets': statefulSetUpdates,
  'claims of stateful sets': statefulSetClaims,
  eviction,
};

export interface ConformanceFixture {
  readonly target: ConformanceTarget;
  dispose(): Promise<void>;
}

/** The same scenarios for the double and for a real cluster; each runs in a namespace of its own. */
export function describeConformance(title: string, open: () => Promise<ConformanceFixture>): void {
  describe(`${title} behaves as Kubernetes is documented to`, () => {
    let fixture: ConformanceFixture | undefined;
    let number = 0;

    beforeAll(async () => {
      fixture = await open();
    });

    afterAll(async () => {
      await fixture?.dispose();
    });

    for (const [area, scenarios] of Object.entries(conformance)) {
      it.each(scenarios)(`${area}: $title ($source)`, async ({ run }) => {
        if (fixture === undefined) throw new Error('there is no cluster to run on');
        const namespace = `conformance-${++number}-${namespaceSuffix}`;
        const tools = new ScenarioTools(fixture.target, namespace);
        await tools.create(namespacesOf, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
        try {
          await run(tools);
        } finally {
          await tools.dispose();
        }
      });
    }
  });
}

/** Namespaces of a run before may still be there. */
const namespaceSuffix = Date.now().toString(36);
