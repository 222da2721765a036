// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { formatProblem } from '@shortlink/common/options.ts';
import { checkObjectStoreUrl } from '@shortlink/common/object-store-url.ts';
import type { RebuildRequest } from '../../cluster-rebuild.ts';
import type { RebuildReport } from '../../engine/rebuild/rebuild-cluster.ts';
import { outputFlags, printResult } from '../client-flags.ts';
import { command } from '@shortlink/common/cli/command.ts';
import { existingNodes, planNodes, writeNode, type PlannedNode } from '../dev/folders.ts';
import { devMaxNodes, parseSettings, sharesObjects, type GivenOptions } from '../dev/layout.ts';
import { CliError } from '@shortlink/common/cli/exit-codes.ts';
import type { Io } from '@shortlink/common/cli/io.ts';
import { runRebuild, sayProblems } from '../run-rebuild.ts';
import { renderTable } from '@shortlink/common/cli/table.ts';
import { settingsFlag } from '../settings-flag.ts';
import { rebuildFlags } from '../rebuild-flags.ts';

const flags = {
  from: {
    kind: 'string',
    unit: 'URL',
    required: true,
    check: checkObjectStoreUrl,
    help: 'The objectStore.url of the lost cluster: file:///FOLDER or s3://BUCKET/PREFIX, with options objectStore.* by --set and credentials from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
  },
  data: { kind: 'string', path: true, required: true, help: 'Folder for the new nodes, in the layout of dev.' },
  nodes: { kind: 'int', default: 3, min: 1, max: devMaxNodes, help: 'Nodes of the new cluster.' },
  'base-port': { kind: 'int', default: 7400, min: 1024, max: 65_035, help: 'Ports of the new nodes, as for dev.' },
  ...rebuildFlags,
  set: settingsFlag(
    'An option for the new nodes; may be given several times. objectStore.url: another store for the new cluster.',
  ),
  ...outputFlags,
} as const;

/** Volumes are made here, and moved when they are whole. */
const workFolder = '.rebuild';

export const clusterRebuildCommand = command({
  path: ['cluster', 'rebuild'],
  summary: 'Make a new cluster from what a lost one has left in its object store',
  details: [
    'Reads the manifests and checkpoints below URL, copies the chunks to a prefix of the new cluster, and writes the folders DIR/node0, DIR/node1, … of nodes that start as its members: npx shortlink dev --data DIR. Links and keys that were in chunks or in a checkpoint are back; what was written after the last checkpoint was only on the lost nodes. The result says which time that was, for each shard.',
    'The old cluster must be gone. Should it still run, it is told by a mark below its prefix: it serves what it has, and exports and deletes nothing any more. Nothing else is changed there. A rebuild that was cut off goes on when it is started again.',
  ],
  args: [],
  flags,
  run: async ({ flags: values, io }) => {
    const existing = existingNodes(values.data, io);
    if (existing.length > 0)
      throw new CliError('conflict', `${values.data} holds nodes already; choose another folder, or move them away`);
    const settings = settingsOf(values);
    const indexes = Array.from({ length: values.nodes }, (_, i) => i);
    const planned = planNodes([], { data: values.data, indexes, basePort: values['base-port'], settings }, io);
    const work = join(values.data, workFolder);
    rmSync(work, { recursive: true, force: true });
    mkdirSync(work, { recursive: true });
    const report = await rebuild(planned, work, { values, settings, io });
    for (const node of planned) {
      renameSync(join(work, node.name), node.folder);
      writeNode(node);
    }
    rmSync(work, { recursive: true, force: true });
    sayProblems(report, io);
    const result = { data: values.data, nodes: planned.map(({ name, folder }) => ({ name, folder })), ...report };
    printResult(io, values.output, result, () => reportText(report, planned, values.data));
  },
});

interface Values {
  readonly from: string;
  readonly data: string;
  readonly cluster: string | undefined;
  readonly adopt: boolean;
  readonly again: boolean;
  readonly 'skip-damaged': boolean;
  readonly set: readonly string[];
}

/** @throws CliError */
function settingsOf({ from, data, set, adopt }: Values): GivenOptions {
  const { given, problems } = parseSettings(set);
  if (problems.length > 0) throw new CliError('usage', problems.map(formatProblem).join('\n'));
  const target = given.get('objectStore.url');
  if (adopt && target !== undefined && target !== from)
    throw new CliError('usage', '--adopt uses the chunks where they are: objectStore.url must be the URL of --from');
  // A folder beside those of the nodes is found by a relative path, so that all of them can be moved as one.
  return target !== undefined || sharesObjects(from, data) ? given : new Map([...given, ['objectStore.url', from]]);
}

async function rebuild(
  planned: readonly PlannedNode[],
  work: string,
  { values, settings, io }: { readonly values: Values; readonly settings: GivenOptions; readonly io: Io },
): Promise<RebuildReport> {
  const objectStore = planned[0]?.config.objectStore;
  if (objectStore === undefined) throw new CliError('usage', 'a cluster needs a node');
  const request = {
    from: { ...objectStore, url: values.from },
    nodes: planned.map(({ name, config }) => ({ config, dataDir: join(work, name) })),
    cluster: values.cluster,
    adopt: values.adopt,
    again: values.again,
    skipDamaged: values['skip-damaged'],
    policy: policyOf(planned, settings),
  };
  return runRebuild(request, io);
}

/** What was set; the rest stays as the old cluster had it. */
function policyOf([first]: readonly PlannedNode[], settings: GivenOptions): RebuildRequest['policy'] {
  if (first === undefined) return {};
  const { shards, links } = first.config;
  return {
    ...(settings.has('shards.replicas') ? { shardReplicas: shards.replicas } : {}),
    ...(settings.has('links.reuseDeadCodes') ? { reuseDeadCodes: links.reuseDeadCodes } : {}),
  };
}

function reportText(report: RebuildReport, planned: readonly PlannedNode[], data: string): string {
  const rows = report.shards.map((shard) => [
    String(shard.shard),
    String(shard.chunks),
    String(shard.chunkRows),
    String(shard.checkpointRows),
    shard.asOfMs === null ? 'no checkpoint' : new Date(shard.asOfMs).toISOString(),
  ]);
  const hasAll = report.shards.every(({ asOfMs }) => asOfMs !== null);
  return [
    `cluster ${report.from} was rebuilt as cluster ${report.clusterId} of ${planned.length} nodes in ${data}`,
    renderTable(['shard', 'chunks', 'rows in chunks', 'rows since', 'as of'], rows),
    `Lost is what was written after these times: it was only on the old nodes.${hasAll ? '' : ' Of shards without a checkpoint all that was in no chunk is lost.'}`,
    `Start it: npx shortlink dev --data ${data}`,
  ].join('\n\n');
}
