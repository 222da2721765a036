// SPDX-License-Identifier: Apache-2.0
import type { Logger } from 'pino';
import { FollowedFiles } from '../adapters/system/followed-files.ts';

const usualIntervalMs = 250;
/** What the value of a label may be, for that is where zones come from. */
const zoneName = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;

/** A file that somebody writes the zone of this node into, sooner or later. */
export class ZoneFile {
  readonly #path: string;
  readonly #logger: Logger;
  readonly #file: FollowedFiles<string | undefined>;
  #zone: string | undefined;
  #listeners: ((zone: string) => void)[] = [];

  /** @throws when the file is there and cannot be read. */
  constructor(path: string, logger: Logger, intervalMs = usualIntervalMs) {
    this.#path = path;
    this.#logger = logger;
    this.#file = new FollowedFiles(
      [path],
      ([bytes]) => this.#parse(bytes),
      {
        onChange: (zone) => this.#learn(zone),
        onTrouble: (error) => logger.warn({ err: error }, 'the file with the zone of this node cannot be read'),
      },
      intervalMs,
    );
    this.#zone = this.#file.value;
  }

  /** The last one that the file held; undefined as long as it has held none. */
  get zone(): string | undefined {
    return this.#zone;
  }

  onZone(listener: (zone: string) => void): void {
    this.#listeners.push(listener);
  }

  /** Resolves when there is a zone, or after `waitMs`. `onWaiting` is called once, when there is none yet. */
  async wait(waitMs: number, onWaiting: () => void): Promise<void> {
    if (this.#zone !== undefined) return;
    onWaiting();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.onZone(() => resolve());
    const timer = setTimeout(resolve, waitMs);
    await promise;
    clearTimeout(timer);
    if (this.#zone === undefined) {
      this.#logger.warn(
        { file: this.#path, waitedMs: waitMs },
        'zone unknown: the file did not name it in time; the node goes on without a zone, and takes it up when it comes',
      );
    }
  }

  stop(): void {
    this.#file.stop();
    this.#listeners = [];
  }

  #parse(bytes: Buffer | undefined): string | undefined {
    const text = bytes?.toString('utf8').trim() ?? '';
    if (text === '' || zoneName.test(text)) return text === '' ? undefined : text;
    this.#logger.warn({ file: this.#path }, 'the file with the zone of this node holds something else, and is ignored');
    return undefined;
  }

  /** A zone that was taken away again says nothing: the node has not moved. */
  #learn(zone: string | undefined): void {
    if (zone === undefined || zone === this.#zone) return;
    this.#logger.info({ zone, before: this.#zone }, 'the zone of this node is known');
    this.#zone = zone;
    for (const listener of this.#listeners) listener(zone);
  }
}
