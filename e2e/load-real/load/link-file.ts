// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { createReadStream, createWriteStream, type WriteStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** A link that was acknowledged. */
export interface CreatedLink {
  /** Number of the API address that it was created through. */
  readonly api: number;
  readonly code: string;
  /** Where it must lead, as a browser writes it. */
  readonly url: string;
}

/** What was created, on disk: millions of links are too many to hold. One line a link; neither codes nor URLs have spaces. */
export class LinkFileWriter {
  readonly #stream: WriteStream;

  constructor(path: string) {
    this.#stream = createWriteStream(path);
  }

  async write(links: readonly CreatedLink[]): Promise<void> {
    const text = links.map(({ api, code, url }) => `${api} ${code} ${url}\n`).join('');
    if (!this.#stream.write(text)) await once(this.#stream, 'drain');
  }

  async close(): Promise<void> {
    this.#stream.end();
    await once(this.#stream, 'close');
  }
}

export async function* readLinkFile(path: string): AsyncGenerator<CreatedLink> {
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    const [api = '', code = '', url = ''] = line.split(' ');
    yield { api: Number(api), code, url };
  }
}
