// SPDX-License-Identifier: Apache-2.0
import { expect } from 'vitest';
import { createLink, visit } from '../../../harness/links-api.ts';
import { eventually } from '../../../harness/wait.ts';
import { asTarget } from '../../provider.ts';
import { scenario } from '../../world/scenario.ts';

/** What the first redirect may take after `kubectl apply`. */
const promisedMs = 180_000;

scenario(
  'a cluster of few words follows its first link within three minutes of an installation from nothing',
  { limitMs: 420_000 },
  async (world) => {
    const { provider } = world;
    if (provider.whyNot('helm') === undefined)
      await world.timed('installation by Helm', async () => provider.operator.reinstall());
    const startMs = performance.now();
    const cluster = await world.request();
    const exposed = world.expose(cluster);
    await cluster.until('its first pod', ({ status }) => (status?.readyReplicas ?? 0) > 0, promisedMs);
    const target = asTarget(await exposed, await cluster.token());
    const body = { url: 'https://example.com/first', code: 'first' };
    await eventually(
      'a link to be taken',
      async () => {
        const response = await createLink(target, body, { 'idempotency-key': 'first' }).catch(() => undefined);
        await response?.arrayBuffer();
        return response?.status === 201;
      },
      promisedMs,
    );
    expect(await visit(target, 'first')).toEqual({ status: 302, location: 'https://example.com/first' });
    const tookMs = performance.now() - startMs;
    world.measure('apply to first redirect', tookMs / 1000, 's');
    expect(tookMs).toBeLessThan(promisedMs);
    await cluster.untilWhole(120_000);
    expect((await cluster.read())?.status).toMatchObject({
      readyReplicas: 3,
      shardCount: 1,
      image: provider.images.node,
    });
  },
);
