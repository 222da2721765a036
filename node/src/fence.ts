// SPDX-License-Identifier: Apache-2.0
import type { HostPort } from '@shortlink/common/host-port.ts';
import type { Logger } from 'pino';
import { FollowedFiles } from './adapters/system/followed-files.ts';
import { OpsServer } from './servers/ops-server.ts';
import type { MetricsHub } from './telemetry/metrics-hub.ts';

/** Whether somebody wants this node not to run, for a look at its volume. */
export class Fence {
  readonly #file: FollowedFiles<boolean> | undefined;
  #listeners: (() => void)[] = [];

  /** `path` empty: nobody ever does. @throws when the file is there and cannot be read. */
  constructor(path: string, logger: Logger, intervalMs?: number) {
    if (path === '') return;
    const onTrouble = (error: unknown): void => logger.warn({ err: error }, 'the file of the fence cannot be read');
    const onChange = (): void => {
      for (const listener of this.#listeners.splice(0)) listener();
    };
    this.#file = new FollowedFiles(
      [path],
      ([bytes]) => bytes?.toString('utf8').trim() === 'true',
      { onChange, onTrouble },
      intervalMs,
    );
  }

  get isRaised(): boolean {
    return this.#file?.value === true;
  }

  /** Resolves as soon as it is raised, or not. */
  async until(isRaised: boolean): Promise<void> {
    while (this.isRaised !== isRaised) await new Promise<void>((resolve) => this.#listeners.push(resolve));
  }

  stop(): void {
    this.#file?.stop();
  }
}

export interface FencedNode {
  readonly fence: Fence;
  readonly ops: HostPort;
  readonly metrics: MetricsHub;
  readonly logger: Logger;
  /** Resolves when the process is told to end. */
  readonly stop: Promise<void>;
}

/** Waits with closed volume and listeners, and tells who asks why. @returns false when the process is to end. */
export async function waitWhileFenced({ fence, ops, metrics, logger, stop }: FencedNode): Promise<boolean> {
  if (!fence.isRaised) return true;
  logger.warn({}, 'the node is fenced: it does not start until the fence is taken away');
  const waitingFor = 'its fence to be taken away: somebody wants to look at its volume';
  const server = new OpsServer({
    readiness: () => ({ ready: false, writable: false, waitingFor }),
    isStarted: () => true,
    isLive: () => true,
    metrics,
    onError: (error) => logger.error({ err: error }, 'a request failed by a defect'),
  });
  await server.listen(ops);
  const isReleased = await Promise.race([fence.until(false).then(() => true), stop.then(() => false)]);
  await server.close();
  return isReleased;
}
