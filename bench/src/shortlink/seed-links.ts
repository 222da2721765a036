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

/** Creates links with generated codes, in batches one after the other. */
export async function seedLinks(node: NodeOfCluster, count: number, seed: number): Promise<SeededLink[]> {
  const client = new Client(node.grpc, ChannelCredentials.createInsecure());
  const nextRow = rowSource(seed);
  const links: SeededLink[] = [];
  try {
    while (links.length < count) {
      const rows = Array.from({ length: Math.min(batchLinks, count - links.length) }, nextRow);
      const request = create(BatchCreateLinksRequestSchema, {
        links: rows.map(({ url, creatorId }) => ({ url, creatorId })),
      });
      const { results } = await serviceClient(LinksService, client).batchCreateLinks(request);
      for (const { outcome } of results) {
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
