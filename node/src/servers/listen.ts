// SPDX-License-Identifier: Apache-2.0
import { isIP } from 'node:net';
import type { Server } from 'node:net';
import { assert } from '@shortlink/common/assert.ts';
import { isLoopback } from '@shortlink/common/host-port.ts';
import type { HostPort } from '@shortlink/common/host-port.ts';

/**
 * Resolves once the server accepts connections; rejects when the address cannot be bound.
 * @param reusePort several threads listen on the one address, and the system hands each connection to one of them.
 */
export async function listen(server: Server, { host, port }: HostPort, reusePort = false): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, backlog: 1024, reusePort }, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}

export function boundAddress(server: Server): HostPort {
  const address = server.address();
  assert(typeof address === 'object' && address !== null, 'a server that listens on TCP has an address');
  return { host: address.address, port: address.port };
}

export interface Exposure {
  readonly listener: 'api' | 'grpc';
  readonly address: HostPort;
}

/**
 * Why an API must not listen where it is told to: without tokens or client certificates everyone who reaches it may do
 * everything, so it stays on the loopback. Undefined when it may. Checked once at start, before anything is bound.
 */
export function exposureProblem(exposure: Exposure, hasAuthentication: boolean): string | undefined {
  const { listener, address } = exposure;
  // A name may resolve to anything, whatever it starts with.
  const isLocal = isLoopback(address.host) && (address.host === 'localhost' || isIP(address.host) !== 0);
  if (hasAuthentication || isLocal) return undefined;
  return (
    `${listener}.address ${address.host} is not a loopback address, and no API tokens are configured: ` +
    `set auth.tokensFile, or listen on 127.0.0.1 or ::1`
  );
}
