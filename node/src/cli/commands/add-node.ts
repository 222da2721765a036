// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { formatProblem } from '@shortlink/common/options.ts';
import type { OptionValue } from '@shortlink/common/option-values.ts';
import { checkNodeName, checkReachableAddress } from '../../config/addresses.ts';
import { apiOf, clientFlags, printResult } from '../client-flags.ts';
import { readCluster } from '../cluster-view.ts';
import { command } from '@shortlink/common/cli/command.ts';
import { createNodes, existingNodes } from '../dev/folders.ts';
import { parseSettings, renderConfig, type GivenOptions } from '../dev/layout.ts';
import { CliError } from '@shortlink/common/cli/exit-codes.ts';
import type { Io } from '@shortlink/common/cli/io.ts';
import { textOf } from '@shortlink/common/cli/json.ts';
import { settingsFlag } from '../settings-flag.ts';

const flags = {
  data: { kind: 'string', path: true, help: 'Folder of shortlink dev: adds the folder of the next node there.' },
  name: {
    kind: 'string',
    check: checkNodeName,
    help: 'Name of a node elsewhere; its configuration is printed, or written to --file.',
  },
  'peer-address': {
    kind: 'string',
    unit: 'host:port',
    check: checkReachableAddress,
    help: 'Where the other nodes reach it.',
  },
  file: { kind: 'string', path: true, help: 'Where to write the configuration; it must not exist yet.' },
  'data-dir': { kind: 'string', default: 'data', help: 'data.dir of a node elsewhere.' },
  set: settingsFlag('An option for the new node; may be given several times.'),
  ...clientFlags,
} as const;

export const addNodeCommand = command({
  path: ['add-node'],
  summary: 'Make the configuration of a node that joins the cluster',
  details: [
    'A node joins when it is started: npx shortlink node --config FILE. The cluster takes it in under an identity of its own. It serves every request from then on, and gets replicas where a group has fewer than shards.replicas, or when another node is removed; npx shortlink info shows them.',
    'With --data the new node gets the next folder and ports of a cluster of shortlink dev. Without it, --name and --peer-address say who and where the node is, and the members to join through are asked of the cluster.',
  ],
  args: [],
  flags,
  run: async ({ flags: values, io }) => {
    const { given, problems } = parseSettings(values.set);
    if (problems.length > 0) throw new CliError('usage', problems.map(formatProblem).join('\n'));
    if (values.data !== undefined) {
      addFolder({ data: values.data, settings: given, output: values.output }, io);
      return;
    }
    const { name, 'peer-address': peer } = values;
    if (name === undefined || peer === undefined)
      throw new CliError('usage', 'give --data, or --name and --peer-address');
    const cluster = await readCluster(apiOf(values));
    const members = cluster.nodes.flatMap((node) => textOf(node.addresses['peer']) ?? []);
    const text = renderConfig(
      new Map<string, OptionValue>([
        ['node.name', name],
        ['data.dir', values['data-dir']],
        ['peer.advertise', peer],
        ['cluster.join', members],
        ...given,
      ]),
    );
    if (values.file === undefined) io.out(text.trimEnd());
    else writeNew(values.file, text, io);
  },
});

function addFolder(plan: { data: string; settings: GivenOptions; output: 'table' | 'json' }, io: Io): void {
  const existing = existingNodes(plan.data, io);
  const last = existing.at(-1);
  if (last === undefined) throw new CliError('usage', `${plan.data} holds no node; shortlink dev makes the first ones`);
  const indexes = [last.index + 1];
  const created = createNodes(existing, { data: plan.data, indexes, basePort: undefined, settings: plan.settings }, io);
  for (const node of created) {
    const value = { name: node.name, config: node.configFile };
    printResult(io, plan.output, value, () => `start it: npx shortlink node --config ${node.configFile}`);
  }
}

function writeNew(file: string, text: string, io: Io): void {
  try {
    writeFileSync(file, text, { flag: 'wx' });
  } catch (cause) {
    throw new CliError('failed', `${file} cannot be written: ${cause instanceof Error ? cause.message : ''}`, {
      cause,
    });
  }
  io.out(`start it: npx shortlink node --config ${file}`);
}
