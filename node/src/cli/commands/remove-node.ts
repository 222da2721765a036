// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { callApi, type Api } from '../api-client.ts';
import { apiOf, clientFlags, printResult } from '../client-flags.ts';
import { endpointOf, findNode, readCluster, replicasOn, type ClusterView, type NodeView } from '../cluster-view.ts';
import { command } from '@shortlink/common/cli/command.ts';
import { CliError } from '@shortlink/common/cli/exit-codes.ts';
import { clearProgress, showProgress, type Io } from '@shortlink/common/cli/io.ts';

const pollMs = 500;
/** For one question to one node while waiting. */
const questionMs = 3000;

export const removeNodeCommand = command({
  path: ['remove-node'],
  summary: 'Move everything off a node and forget it',
  details: [
    'Waits until the node is no longer a member. Its process may then be stopped and its folder deleted. Interrupting the wait does not stop the removal; --cancel does, while the node is still a member.',
  ],
  args: [{ name: 'node', help: 'id or name of the node' }],
  flags: {
    ...clientFlags,
    timeout: { ...clientFlags.timeout, default: 600_000, help: 'How long to wait for the end of the removal.' },
    wait: { kind: 'bool', default: true, help: 'Wait for the end; --wait=false returns once the removal has begun.' },
    cancel: { kind: 'bool', default: false, help: 'Undo the removal of a node that is still a member.' },
  },
  run: async ({ flags, args, io }) => {
    const api = { ...apiOf(flags), timeoutMs: Math.min(flags.timeout, clientFlags.timeout.default) };
    const cluster = await readCluster(api);
    const node = findNode(cluster, args.node);
    const verb = flags.cancel ? 'cancelRemove' : 'remove';
    await callApi(api, { method: 'POST', path: ['admin', 'nodes', `${node.id}:${verb}`] });
    if (!flags.cancel && flags.wait) await waitForRemoval({ api, cluster, node }, flags.timeout, io);
    const done = flags.wait ? `${node.name} is removed` : `the removal of ${node.name} has begun`;
    printResult(io, flags.output, { nodeId: node.id }, () => (flags.cancel ? `${node.name} stays` : done));
  },
});

interface Removal {
  readonly api: Api;
  /** As it was before. */
  readonly cluster: ClusterView;
  readonly node: NodeView;
}

async function waitForRemoval(removal: Removal, timeoutMs: number, io: Io): Promise<void> {
  const { node, cluster } = removal;
  const deadline = AbortSignal.timeout(timeoutMs);
  const total = replicasOn(cluster, node.id);
  let left = total;
  while (!deadline.aborted) {
    const now = await askOthers(removal);
    if (now !== undefined && !now.nodes.some((one) => one.id === node.id)) {
      clearProgress(io);
      return;
    }
    if (now !== undefined) left = replicasOn(now, node.id);
    showProgress(io, `moving replicas off ${node.name}`, total - left, total);
    await sleep(pollMs, undefined, { signal: deadline }).catch(() => undefined);
  }
  throw new CliError(
    'unavailable',
    `${node.name} still has ${left} replicas after ${timeoutMs} ms; the removal goes on`,
  );
}

/** What another node says: the removed one may never learn that it is. Undefined when none answers. */
async function askOthers({ api, cluster, node }: Removal): Promise<ClusterView | undefined> {
  const others = cluster.nodes.filter((one) => one.id !== node.id).map((one) => endpointOf(api, one));
  for (const endpoint of new Set([...api.endpoints, ...others])) {
    try {
      const view = await readCluster({ ...api, endpoints: [endpoint], timeoutMs: questionMs });
      if (view.selfNodeId !== node.id) return view;
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
    }
  }
  return undefined;
}
