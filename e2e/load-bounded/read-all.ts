// SPDX-License-Identifier: Apache-2.0
import type { LocalCluster } from '../load-real/cluster/local-cluster.ts';
import { asStream } from '../load-real/cluster/restart.ts';
import { readLinkFile, type CreatedLink } from '../load-real/load/link-file.ts';
import { readBack, type ReadBackResult } from '../load-real/load/read-back.ts';

/** All links in the order of their codes, in which those of one block come together: blocks are read once, not once a link. */
export async function linksByCode(linkFile: string): Promise<readonly CreatedLink[]> {
  const links: CreatedLink[] = [];
  for await (const link of readLinkFile(linkFile)) links.push(link);
  return links.sort((a, b) => (a.code < b.code ? -1 : 1));
}

/** Every link through every node. */
export async function readThroughAll(
  cluster: LocalCluster,
  links: readonly CreatedLink[],
  onProgress: (read: number) => void,
): Promise<ReadBackResult> {
  const redirects = cluster.nodes.map(({ redirect }) => redirect);
  const listenerOf = ({ api }: CreatedLink): number => api;
  return readBack(throughEach(links, redirects.length), { redirects, listenerOf, onProgress });
}

/** Every link once, through the nodes in turn. */
export async function readOnce(
  cluster: LocalCluster,
  links: readonly CreatedLink[],
  onProgress: (read: number) => void,
): Promise<ReadBackResult> {
  const redirects = cluster.nodes.map(({ redirect }) => redirect);
  let turn = 0;
  const listenerOf = (): number => turn++ % redirects.length;
  return readBack(asStream(links), { redirects, listenerOf, onProgress });
}

async function* throughEach(links: readonly CreatedLink[], nodes: number): AsyncGenerator<CreatedLink> {
  for (const link of links) for (let api = 0; api < nodes; api++) yield { ...link, api };
}

/** The same links again and again through these redirect listeners, until the time is over. */
export async function readFor(
  redirects: readonly string[],
  sample: readonly CreatedLink[],
  durationMs: number,
): Promise<ReadBackResult> {
  const endMs = performance.now() + durationMs;
  async function* again(): AsyncGenerator<CreatedLink> {
    for (let i = 0; performance.now() < endMs; i++) {
      const link = sample[i % sample.length];
      if (link !== undefined) yield { ...link, api: i % redirects.length };
    }
  }
  return readBack(again(), { redirects, listenerOf: ({ api }) => api, onProgress: () => undefined });
}
