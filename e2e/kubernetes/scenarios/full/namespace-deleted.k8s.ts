// SPDX-License-Identifier: Apache-2.0
import { expect } from 'vitest';
import { eventually } from '../../../harness/wait.ts';
import { kinds } from '../../world/objects.ts';
import { scenario } from '../../world/scenario.ts';

scenario(
  'a namespace that is deleted goes with everything in it, and nothing is made in it again',
  { limitMs: 420_000, needs: ['namespaces'] },
  async (world) => {
    await world.cluster();
    const key = { namespace: undefined, name: world.namespace };
    await world.timed('namespace gone', async () => {
      await world.objects.delete(kinds.namespaces, key);
      const isGone = async (): Promise<boolean> => (await world.objects.get(kinds.namespaces, key)) === undefined;
      await eventually('the namespace to be gone', isGone, 180_000);
    });
    // The operator looks after others as before.
    await world.makeNamespace();
    const again = await world.cluster({ replicas: 1 });
    expect((await again.read())?.status?.readyReplicas).toBe(1);
  },
);
