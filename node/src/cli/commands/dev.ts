// SPDX-License-Identifier: Apache-2.0
import { formatProblem } from '@shortlink/common/options.ts';
import { checkObjectStoreUrl } from '@shortlink/common/object-store-url.ts';
import type { OptionValue } from '@shortlink/common/option-values.ts';
import { command } from '@shortlink/common/cli/command.ts';
import { createNodes, existingNodes, planNodes, type DevNode } from '../dev/folders.ts';
import { devMaxNodes, parseSettings, type GivenOptions } from '../dev/layout.ts';
import { runNodes } from '../dev/run-nodes.ts';
import { CliError } from '@shortlink/common/cli/exit-codes.ts';
import { settingsFlag } from '../settings-flag.ts';

const flags = {
  nodes: { kind: 'int', default: 3, min: 1, max: devMaxNodes, help: 'Nodes that DIR must hold.' },
  data: { kind: 'string', default: '.data/dev', path: true, help: 'Folder with a folder for each node.' },
  'base-port': {
    kind: 'int',
    min: 1024,
    max: 65_035,
    help: 'Ports of node i: redirect +i, api +100+i, grpc +200+i, peer +300+i, ops +400+i (default 7400, or as the existing nodes have it).',
  },
  shards: { kind: 'int', min: 1, max: 1024, help: 'Shards of the new cluster.' },
  replicas: { kind: 'int', min: 1, max: 7, help: 'Replicas of each shard of the new cluster.' },
  'object-store': {
    kind: 'string',
    unit: 'URL',
    check: checkObjectStoreUrl,
    help: 'Where the new nodes keep cold data: file:///FOLDER or s3://BUCKET/PREFIX, with options objectStore.* by --set and credentials from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Without it the folder DIR/objects, or as the existing nodes have it.',
  },
  set: settingsFlag('An option for the new nodes; may be given several times.'),
} as const;

export const devCommand = command({
  path: ['dev'],
  summary: 'Run a cluster of separate node processes on this machine',
  details: [
    'Node i has its folder in DIR/node<i>: config.yaml, pid, log and the store. Folders that exist are started as they are, with the ports in their config.yaml; missing ones are created, and join the cluster when there is one. Prints ready once links can be written, and runs until Ctrl-C or SIGTERM.',
    'A node that is killed stays down, so that one can watch what happens; start it again with shortlink node --config DIR/node<i>/config.yaml.',
  ],
  args: [],
  flags,
  run: async ({ flags: values, io }) => {
    const existing = existingNodes(values.data, io);
    const missing = Array.from({ length: values.nodes }, (_, i) => i).filter(
      (index) => !existing.some((node) => node.index === index),
    );
    const settings = settingsOf(values);
    if (missing.length === 0 && settings.size > 0) {
      io.err(
        `shortlink: every node in ${values.data} exists; --shards, --replicas, --object-store and --set change nothing`,
      );
    }
    const plan = { data: values.data, indexes: missing, basePort: values['base-port'], settings };
    if (existing.length === 0) await refuseUsedStore(planNodes(existing, plan, io)[0]);
    const created = createNodes(existing, plan, io);
    await runNodes(
      [...existing, ...created].toSorted((a, b) => a.index - b.index),
      io,
    );
  },
});

/** The nodes would refuse to form a cluster there, and wait. @throws CliError */
async function refuseUsedStore(node: DevNode | undefined): Promise<void> {
  if (node === undefined) return;
  const { whyNoFormation } = await import('../../object-store-owner.ts');
  const reason = await whyNoFormation(node.config.objectStore);
  if (reason !== undefined) throw new CliError('conflict', reason);
}

function settingsOf(values: {
  shards: number | undefined;
  replicas: number | undefined;
  'object-store': string | undefined;
  set: readonly string[];
}): GivenOptions {
  const { given, problems } = parseSettings(values.set);
  if (problems.length > 0) throw new CliError('usage', problems.map(formatProblem).join('\n'));
  const settings = new Map<string, OptionValue>(given);
  if (values.shards !== undefined) settings.set('shards.initial', values.shards);
  if (values.replicas !== undefined) settings.set('shards.replicas', values.replicas);
  const url = values['object-store'];
  if (url !== undefined) settings.set('objectStore.url', url);
  return settings;
}
