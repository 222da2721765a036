// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:net';

const offsets = [0, 100, 200, 300, 400];
const firstBase = 21_000;
// Below 32,768: from there on the system gives ports to outgoing connections, which come and go.
const bases = 23;
const stepPorts = 500;

let given = 0;

/** A base port that this process was not given lately, and whose listeners of `nodes` nodes are all free at the moment. */
export async function freeBasePort(nodes: number): Promise<number> {
  const start = process.pid + given;
  for (let i = 0; i < bases; i++) {
    const base = firstBase + ((start + i) % bases) * stepPorts;
    const ports = offsets.flatMap((offset) => Array.from({ length: nodes }, (_, n) => base + offset + n));
    const free = await Promise.all(ports.map(isFree));
    if (!free.every(Boolean)) continue;
    given += i + 1;
    return base;
  }
  throw new Error('no range of free ports on the loopback');
}

async function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** A port that the system has given to nobody at the moment. */
export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('no port'));
        else resolve(address.port);
      });
    });
  });
}
