// SPDX-License-Identifier: Apache-2.0
import { create } from '@bufbuild/protobuf';
import { ChannelCredentials, Client } from '@grpc/grpc-js';
import { serviceClient } from '@shortlink/proto/grpc-service.ts';
import { BatchCreateLinksRequestSchema, LinksService } from '@shortlink/proto/links.ts';
import { rowSource } from '../load/rows.ts';
import type { NodeOfCluster } from './dev-cluster.ts';

export interface SeededLink {
  readonly code: string;
  readonly url: string;
}

const batchLinks = 1000;

/** A link to be. */
export interface LinkRow {
  readonly url: string;
  readonly creatorId: string;
}

/** Creates links with generated codes, in batches one after the other. */
export async function seedLinks(node: NodeOfCluster, count: number, seed: number): Promise<SeededLink[]> {
  const links = await createLinks(node, Array.from({ length: count }, rowSource(seed)));
  if (links.length < count) throw new Error(`${count - links.length} of ${count} links were refused`);
  return links;
}

/** The same for given rows. What the API does not take as a destination is left out. */
export async function createLinks(node: NodeOfCluster, all: readonly LinkRow[]): Promise<SeededLink[]> {
  const client = new Client(node.grpc, ChannelCredentials.createInsecure());
  const links: SeededLink[] = [];
  try {
    for (let i = 0; i < all.length; i += batchLinks) {
      const rows = all.slice(i, i + batchLinks);
      const request = create(BatchCreateLinksRequestSchema, {
        links: rows.map(({ url, creatorId }) => ({ url, creatorId })),
      });
      const { results } = await serviceClient(LinksService, client).batchCreateLinks(request);
      for (const { outcome } of results) {
        if (outcome.case === 'error' && outcome.value.kind === 'invalid') continue;
        if (outcome.case !== 'link')
          throw new Error(`a link was not created: ${outcome.value?.message ?? 'no answer'}`);
        links.push({ code: outcome.value.code, url: outcome.value.url });
      }
    }
  } finally {
    client.close();
  }
  return links;
}
