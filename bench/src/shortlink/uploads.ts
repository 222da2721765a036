// SPDX-License-Identifier: Apache-2.0
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { create } from '@bufbuild/protobuf';
import { ChannelCredentials, Client } from '@grpc/grpc-js';
import { AdminService, UploadRequestSchema } from '@shortlink/proto/admin.ts';
import { serviceClient } from '@shortlink/proto/grpc-service.ts';
import type { NodeOfCluster } from './dev-cluster.ts';

const pollMs = 250;
const retireLimitMs = 120_000;

/** Seals what the shards have on the nodes only, over and over, each time once the last generation is retired. */
export class Uploads {
  readonly #node: NodeOfCluster;
  readonly #client: Client;
  readonly #over: Promise<void>;
  #stopping = false;
  /** Generations that went all the way. */
  retired = 0;

  constructor(node: NodeOfCluster) {
    this.#node = node;
    this.#client = new Client(node.grpc, ChannelCredentials.createInsecure());
    this.#over = this.#run();
  }

  /** Lets the generation that is under way finish. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#over;
    this.#client.close();
  }

  async #run(): Promise<void> {
    const admin = serviceClient(AdminService, this.#client);
    while (!this.#stopping) {
      await admin.upload(create(UploadRequestSchema));
      await untilRetired(this.#node);
      this.retired++;
    }
  }
}

/** One upload of everything, to its end. */
export async function uploadOnce(node: NodeOfCluster): Promise<void> {
  const client = new Client(node.grpc, ChannelCredentials.createInsecure());
  try {
    await serviceClient(AdminService, client).upload(create(UploadRequestSchema));
    await untilRetired(node);
  } finally {
    client.close();
  }
}

/** The metric follows the shard's state in rounds of a quarter of a second: what was just sealed shows in the second one. */
async function untilRetired(node: NodeOfCluster): Promise<void> {
  const giveUpMs = performance.now() + retireLimitMs;
  await sleep(2 * pollMs);
  while ((await gauge(node, 'shortlink_node_generations_waiting')) > 0) {
    if (performance.now() > giveUpMs) throw new Error(`a generation was not retired within ${retireLimitMs} ms`);
    await sleep(pollMs);
  }
}

/** The sum of a metric over its labels, as the node publishes it. */
export async function gauge(node: NodeOfCluster, name: string): Promise<number> {
  const text = await (await fetch(`http://${node.ops}/metrics`)).text();
  const values = text
    .split('\n')
    .flatMap((line) => (/^[a-z_]+/.exec(line)?.[0] === name ? [Number(line.split(' ')[1])] : []));
  return values.reduce((sum, value) => sum + value, 0);
}

/** What RocksDB takes on disk: tables, and logs apart. */
export function storeBytes(node: NodeOfCluster): { readonly tables: number; readonly logs: number } {
  const folder = join(node.folder, 'store');
  let tables = 0;
  let logs = 0;
  for (const name of readdirSync(folder)) {
    const bytes = statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0;
    if (name.endsWith('.sst')) tables += bytes;
    else if (name.endsWith('.log')) logs += bytes;
  }
  return { tables, logs };
}
