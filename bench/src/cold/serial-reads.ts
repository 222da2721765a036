// SPDX-License-Identifier: Apache-2.0
import { Agent, request, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { LatencyHistogram } from '../load/latency.ts';
import type { SeededLink } from '../shortlink/seed-links.ts';

/** Follows links one after the other on one connection. @throws Error when one does not lead where it must. */
export async function readOneByOne(listener: string, links: readonly SeededLink[]): Promise<LatencyHistogram> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const latencies = new LatencyHistogram();
  try {
    for (const { code, url } of links) {
      const startMs = performance.now();
      const found = await follow(agent, `http://${listener}/${code}`);
      latencies.record(performance.now() - startMs);
      const expected = `302 ${url}`;
      if (found !== expected) throw new Error(`${code} answered ${found} instead of ${expected}`);
    }
  } finally {
    agent.destroy();
  }
  return latencies;
}

async function follow(agent: Agent, url: string): Promise<string> {
  const asked = request(url, { agent }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
  return `${response.statusCode} ${response.headers.location ?? ''}`;
}
