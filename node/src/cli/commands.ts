// SPDX-License-Identifier: Apache-2.0
import type { Program } from '@shortlink/common/cli/program.ts';
import { addNodeCommand } from './commands/add-node.ts';
import { chunkDump, chunkInspect, chunkVerify } from './commands/chunk-file.ts';
import { chunkGcCommand } from './commands/chunk-gc.ts';
import { chunkListCommand } from './commands/chunk-list.ts';
import { chunkScrubCommand } from './commands/chunk-scrub.ts';
import { clusterRebuildCommand } from './commands/cluster-rebuild.ts';
import { clusterRebuildVolumeCommand } from './commands/cluster-rebuild-volume.ts';
import { infoCommand, pingCommand, transferCommand } from './commands/cluster.ts';
import { devCommand } from './commands/dev.ts';
import { deleteCommand, getCommand, scanCommand, setCommand } from './commands/kv.ts';
import { linkCreate, linkDelete, linkGet, linkList, linkUpdate } from './commands/link.ts';
import { nodeCommand } from './commands/node.ts';
import { objectStoreCheckCommand } from './commands/object-store.ts';
import { removeNodeCommand } from './commands/remove-node.ts';
import { ringHasten, ringHold, ringRelease, ringStatus } from './commands/ring.ts';
import { shardUploadCommand } from './commands/shard-upload.ts';

/** The command line of the nodes. */
export const shortlink: Program = {
  name: 'shortlink',
  headline: 'shortlink — short links that a team can run by itself and never outgrow.',
  commands: [
    linkCreate,
    linkGet,
    linkUpdate,
    linkDelete,
    linkList,
    setCommand,
    getCommand,
    deleteCommand,
    scanCommand,
    infoCommand,
    pingCommand,
    transferCommand,
    clusterRebuildCommand,
    clusterRebuildVolumeCommand,
    addNodeCommand,
    removeNodeCommand,
    shardUploadCommand,
    chunkListCommand,
    chunkGcCommand,
    chunkScrubCommand,
    chunkInspect,
    chunkVerify,
    chunkDump,
    objectStoreCheckCommand,
    ringStatus,
    ringHold,
    ringRelease,
    ringHasten,
    nodeCommand,
    devCommand,
  ],
  elsewhere: [
    {
      path: ['plan'],
      summary: 'Show what the operator would do for the ShortLinkCluster in a file (-f FILE)',
      instead: 'run it in the folder of the project, or use kubectl shortlink plan',
    },
  ],
};
