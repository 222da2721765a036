// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:net';
import { platform } from 'node:os';
import { ports } from '../../../../operator/src/desired/names.ts';

const hostsMax = 250;

/** Addresses of the loopback, one for each name, so that every node can have the ports that all pods have. */
export class Loopback {
  readonly #net: string;
  readonly #hosts = new Map<string, string>();

  constructor() {
    // Other runs on this machine have other numbers.
    const run = 1 + (process.pid % 60_000);
    this.#net = `127.${16 + (Math.floor(run / 250) % 200)}.${run % 250}`;
  }

  of(name: string): string {
    const known = this.#hosts.get(name);
    if (known !== undefined) return known;
    if (this.#hosts.size >= hostsMax) throw new Error(`more than ${hostsMax} pods`);
    const address = `${this.#net}.${this.#hosts.size + 1}`;
    this.#hosts.set(name, address);
    return address;
  }

  /** Why pods cannot have addresses here; undefined: they can. */
  async whyNot(): Promise<string | undefined> {
    if (platform() !== 'linux') return 'only Linux has addresses of the loopback for every pod';
    const address = `${this.#net}.254`;
    for (const port of Object.values(ports)) {
      if (!(await isFree(address, port))) return `somebody listens on port ${port} of all addresses of this machine`;
    }
    return undefined;
  }
}

async function isFree(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, address, () => server.close(() => resolve(true)));
  });
}
