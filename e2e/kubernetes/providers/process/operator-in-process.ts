// SPDX-License-Identifier: Apache-2.0
import { PassThrough } from 'node:stream';
import { newLogger } from '../../../../operator/src/adapters/pino-logger.ts';
import { systemClock } from '../../../../operator/src/adapters/system-clock.ts';
import { systemRandom } from '../../../../operator/src/adapters/system-random.ts';
import { Operator } from '../../../../operator/src/operator.ts';
import { readOptions } from '../../../../operator/src/options.ts';
import type { KubeDiscovery } from '../../../../operator/src/ports/discovery.ts';
import type { KubeApi } from '../../../../operator/src/ports/kube-api.ts';
import { electionIdentity, Elector } from '../../../../operator/src/runtime/leader/elector.ts';
import { RecordingMetrics } from '../../../../operator/src/runtime/testing/recorders.ts';
import { CrashPoints } from '../../../../operator/testing/gateway/crash-points.ts';
import { Gateway } from '../../../../operator/testing/gateway/gateway.ts';

export const operatorNamespace = 'shortlink-system';

export interface OperatorProcessOptions {
  readonly api: KubeApi & KubeDiscovery;
  readonly name: string;
  /** Of the nodes of clusters that name none. */
  readonly image: string;
  readonly log: (text: string) => void;
  /** Its program ends by itself here; whoever is told kills what is left of it. */
  readonly ended: () => void;
}

/** The operator as its program puts it together, but for the process around it. It has its own way to the API server. */
export class OperatorInProcess {
  readonly gateway: Gateway;
  readonly #points = new CrashPoints();
  readonly #operator: Operator;
  readonly #acting = new AbortController();
  readonly #stopping = new AbortController();
  readonly #running: Promise<unknown>;
  #leading: Promise<void> = Promise.resolve();

  constructor({ api, name, image, log, ended }: OperatorProcessOptions) {
    this.gateway = new Gateway(api, this.#points);
    const stream = new PassThrough();
    stream.on('data', (chunk: Buffer) => log(chunk.toString()));
    const logger = newLogger({ level: 'info', base: { pod: name }, stream });
    const read = readOptions([`--pod.name=${name}`, `--node.image=${image}`], {});
    if ('problems' in read) throw new Error(read.problems.join('; '));
    const parts = { clock: systemClock, random: systemRandom, metrics: new RecordingMetrics(), logger };
    const operator = new Operator({ ...parts, options: read.options, api: this.gateway, discovery: api });
    this.#operator = operator;
    const following = operator.follow(this.#stopping.signal);
    const elector = new Elector({
      ...parts,
      api: this.gateway,
      lease: { namespace: operatorNamespace, name: read.options['lease.name'] },
      identity: electionIdentity(name, systemRandom),
      onElected: (leadership) => {
        this.#leading = operator.lead(leadership, this.#acting.signal).catch((error: unknown) => {
          logger.error('the operator failed', { error });
        });
      },
      onLost: ended,
    });
    this.#running = Promise.allSettled([following, elector.run(this.#stopping.signal)]);
  }

  /** In order: reconciliations end, and the lease is released. */
  async stop(): Promise<void> {
    this.#acting.abort(new Error('SIGTERM'));
    await this.#leading;
    this.#stopping.abort(new Error('SIGTERM'));
    await this.#running;
    this.#operator.close();
  }

  /** Not another effect from now on; nobody waits for what is under way, as nobody waits for a process that is dead. */
  kill(): void {
    this.#points.end();
    this.#acting.abort(new Error('SIGKILL'));
    this.#stopping.abort(new Error('SIGKILL'));
    this.#operator.close();
  }
}
