// SPDX-License-Identifier: Apache-2.0
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ObjectStoreSettings } from './adapters/object-store/open-object-store.ts';
import { RocksKvEngine } from './adapters/rocksdb/rocks-kv-engine.ts';
import { dataDirPaths, prepareDataDir, writeNodeIdFile } from './adapters/system/data-dir.ts';
import { systemClock } from './adapters/system/system-clock.ts';
import { SystemRandom } from './adapters/system/system-random.ts';
import { zlibChunkCodec } from './adapters/system/zlib-chunk-codec.ts';
import type { Config } from './config/options.ts';
import { rebuildCluster, type RebuildOptions, type RebuildReport } from './engine/rebuild/rebuild-cluster.ts';
import type { RebuildContext } from './engine/rebuild/rebuild-context.ts';
import { readIdentity } from './engine/storage/directory.ts';
import type { ObjectStore } from './ports/object-store.ts';
import { engineConfig } from './threads/engine-settings.ts';
import { openRetryingStore } from './threads/object-store.ts';

export interface RebuildRequest extends Omit<RebuildOptions, 'nodes' | 'openVolumes'> {
  readonly from: ObjectStoreSettings;
  /** Of the new nodes, with the same object store; `dataDir`: an empty folder that becomes the node's. */
  readonly nodes: readonly { readonly config: Config; readonly dataDir: string }[];
  readonly onProgress: RebuildContext['onProgress'];
}

/**
 * Makes the volumes of a new cluster out of what an old one has left in an object store.
 * @throws RebuildError, ObjectStoreError, StoreFailedError; what it has written to the folders is of no use then.
 */
export async function rebuildClusterAt(request: RebuildRequest): Promise<RebuildReport> {
  const { nodes, onProgress } = request;
  const from = await openRetryingStore(request.from);
  const to = await openTarget(request, from);
  const volumes: RocksKvEngine[] = [];
  try {
    const codec = zlibChunkCodec;
    const context: RebuildContext = {
      from: { objects: from, codec },
      to: { objects: to, codec },
      clock: systemClock,
      random: new SystemRandom(),
      breathe: async () => nextTurn(),
      onProgress,
    };
    return await rebuildCluster(context, {
      ...request,
      nodes: nodes.map(({ config }) => {
        const { name, zone, weight, addresses } = engineConfig(config);
        return { name, zone: zone ?? '', weight, addresses };
      }),
      openVolumes: async () => {
        for (const { dataDir } of nodes)
          volumes.push(await RocksKvEngine.open({ path: prepareDataDir(dataDir).store }));
        return volumes;
      },
    });
  } finally {
    for (const [i, volume] of volumes.entries()) await closeVolume(volume, nodes[i]?.dataDir ?? '');
    await from.close();
    if (to !== from) await to.close();
  }
}

/** The store of the new nodes; the old one's where it is the same. */
async function openTarget({ from: settings, nodes }: RebuildRequest, from: ObjectStore): Promise<ObjectStore> {
  const target = nodes[0]?.config.objectStore;
  if (target === undefined || JSON.stringify(target) === JSON.stringify(settings)) return from;
  return openRetryingStore(target);
}

async function closeVolume(volume: RocksKvEngine, dataDir: string): Promise<void> {
  const identity = readIdentity(volume);
  await volume.close();
  if (identity !== undefined) writeNodeIdFile(dataDirPaths(dataDir), identity.nodeId);
}
