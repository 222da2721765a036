// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { CliError } from '@shortlink/common/cli/exit-codes.ts';
import { clearProgress, showProgress, type Io } from '@shortlink/common/cli/io.ts';
import { isRecord } from '@shortlink/common/cli/json.ts';
import { endWithLauncher } from '../launcher.ts';
import { renderTable } from '@shortlink/common/cli/table.ts';
import { logTail, startChild, type Child } from './child.ts';
import type { DevNode } from './folders.ts';
import { connectable } from './layout.ts';
import { stopSignal } from './stop-signal.ts';

const pollMs = 100;
/** Once one node takes writes, how long the others may take before `ready` is printed without them. */
const stragglerMs = 3000;
/** Beyond the node's own limits for an orderly end. */
const killAfterMs = 5000;
const probeMs = 2000;
const keepAliveMs = 60_000;
const tailLines = 3;

/** Runs the nodes until a signal, and ends with them. */
export async function runNodes(nodes: readonly DevNode[], io: Io): Promise<void> {
  const stop = stopSignal(io);
  endWithLauncher(io);
  const children = nodes.map(startChild);
  io.out(addressTable(nodes));
  for (const child of children) {
    void child.ended.then((end) => {
      if (!stop.signal.aborted) io.err(deathNotice(child, end.reason));
    });
  }
  // Without nodes nothing else would keep the process from ending while it waits for its signal.
  const keepAlive = setInterval(() => undefined, keepAliveMs);
  try {
    const wasReady = await announceReady(children, stop.signal, io);
    // A cluster that has served may lose every node and have them started again by hand, one by one.
    if (wasReady) await stop.requested;
  } finally {
    clearInterval(keepAlive);
    await stopChildren(children, stop.force);
  }
  if (!stop.signal.aborted) throw new CliError('failed', 'every node has ended');
}

function addressTable(nodes: readonly DevNode[]): string {
  const rows = nodes.map(({ config, folder }) => [
    config.node.name,
    `http://${connectable(config.redirect.address)}`,
    `http://${connectable(config.api.address)}`,
    connectable(config.grpc.address),
    `http://${connectable(config.ops.address)}`,
    folder,
  ]);
  return renderTable(['node', 'redirect', 'api', 'grpc', 'ops', 'folder'], rows);
}

function deathNotice(child: Child, reason: string): string {
  const tail = logTail(child, tailLines).map((line) => `  ${line}`);
  const again = `start it again: npx shortlink node --config ${child.node.configFile}`;
  return [`${child.node.name} ended (${reason}); the others go on; ${again}`, ...tail].join('\n');
}

/** Prints `ready` once a node takes writes and the others do too, ended, or had their time. False: it did not come to that. */
async function announceReady(children: readonly Child[], stop: AbortSignal, io: Io): Promise<boolean> {
  let firstReadyAtMs: number | undefined;
  while (!stop.aborted) {
    const alive = children.filter((child) => child.end() === undefined);
    const states = await Promise.all(alive.map((child) => takesWrites(child.node)));
    const ready = states.filter(Boolean).length;
    showProgress(io, 'nodes ready', ready, children.length);
    if (ready > 0) firstReadyAtMs ??= performance.now();
    const waitedEnough = firstReadyAtMs !== undefined && performance.now() - firstReadyAtMs > stragglerMs;
    if (ready > 0 && (ready === alive.length || waitedEnough)) {
      clearProgress(io);
      io.out('ready');
      return true;
    }
    if (alive.length === 0) break;
    await sleep(pollMs, undefined, { signal: stop }).catch(() => undefined);
  }
  clearProgress(io);
  return false;
}

/** A node is ready for redirects before it is for writes. */
async function takesWrites(node: DevNode): Promise<boolean> {
  try {
    const url = `http://${connectable(node.config.ops.address)}/readyz`;
    const response = await fetch(url, { signal: AbortSignal.timeout(probeMs) });
    const health: unknown = await response.json();
    return isRecord(health) && health['writable'] === true;
  } catch {
    return false;
  }
}

async function stopChildren(children: readonly Child[], force: AbortSignal): Promise<void> {
  const running = children.filter((child) => child.end() === undefined);
  for (const child of running) child.signal('SIGTERM');
  await Promise.all(running.map((child) => endWithin(child, force)));
}

async function endWithin(child: Child, force: AbortSignal): Promise<void> {
  const { lameDuckMs, timeoutMs } = child.node.config.shutdown;
  const done = new AbortController();
  const limit = sleep(lameDuckMs + timeoutMs + killAfterMs, undefined, {
    signal: AbortSignal.any([force, done.signal]),
  });
  await Promise.race([child.ended, limit.catch(() => undefined)]);
  done.abort();
  if (child.end() !== undefined) return;
  child.signal('SIGKILL');
  await child.ended;
}
