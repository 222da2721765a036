// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { checkObjectStoreUrl } from '@shortlink/common/object-store-url.ts';
import { options, type Config } from '../../config/options.ts';
import type { Command } from '@shortlink/common/cli/command.ts';
import { CliError } from '@shortlink/common/cli/exit-codes.ts';
import { configFlag, readNodeFlags } from '../node-config.ts';
import { runRebuild, sayProblems } from '../run-rebuild.ts';
import { rebuildFlags } from '../rebuild-flags.ts';

const ownFlags = {
  config: configFlag,
  from: {
    kind: 'string',
    unit: 'URL',
    default: '',
    check: (text: string) => (text === '' ? undefined : checkObjectStoreUrl(text)),
    help: 'The objectStore.url of the lost cluster; that of the node by default.',
  },
  ...rebuildFlags,
} as const;

/** Whole volumes are moved from here. */
const workFolder = '.rebuild';
/** In this order: an identity without a store would be a loss. */
const parts = ['store', 'node-id'] as const;

/** What an init container of a pod runs. Its flags are the options of a node, too, so it reads them by itself. */
export const clusterRebuildVolumeCommand: Command = {
  path: ['cluster', 'rebuild-volume'],
  summary: 'Make the volume of a first node from what a lost cluster has left in its object store',
  details: [
    'Like cluster rebuild, for one node with a configuration of its own: what it writes below data.dir makes that node a cluster of one, which others join. It does nothing for a node that is not the only one of cluster.initialNodes, nor where there is a volume already, and can be run before each start.',
  ],
  args: [],
  flags: { ...ownFlags, ...options },
  invoke: async (argv, io) => {
    const { flags, config } = readNodeFlags(ownFlags, argv, io);
    const { objectStore, data } = config;
    if (objectStore.url === '') throw new CliError('usage', 'objectStore.url is empty: the new cluster needs one');
    const from = flags.from === '' ? objectStore.url : flags.from;
    if (flags.adopt && from !== objectStore.url)
      throw new CliError('usage', '--adopt uses the chunks where they are: objectStore.url must be the URL of --from');
    const reason = whyNot(config);
    if (reason !== undefined) {
      io.out(`nothing to do: ${reason}`);
      return;
    }
    const work = join(data.dir, workFolder);
    rmSync(work, { recursive: true, force: true });
    mkdirSync(work, { recursive: true });
    const report = await runRebuild(
      {
        from: { ...objectStore, url: from },
        nodes: [{ config, dataDir: work }],
        cluster: flags.cluster,
        adopt: flags.adopt,
        again: flags.again,
        skipDamaged: flags['skip-damaged'],
        policy: { shardReplicas: config.shards.replicas, reuseDeadCodes: config.links.reuseDeadCodes },
      },
      io,
    );
    for (const part of parts) renameSync(join(work, part), join(data.dir, part));
    rmSync(work, { recursive: true, force: true });
    sayProblems(report, io);
    io.out(`cluster ${report.from} was rebuilt as cluster ${report.clusterId} on the volume of ${config.node.name}`);
  },
};

function whyNot({ node, cluster, data }: Config): string | undefined {
  const [first, ...others] = cluster.initialNodes;
  if (first?.startsWith(`${node.name}=`) !== true || others.length > 0)
    return `${node.name} is not the only one of cluster.initialNodes; it will join`;
  return parts.some((part) => existsSync(join(data.dir, part))) ? `there is a volume in ${data.dir}` : undefined;
}
