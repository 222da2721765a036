// SPDX-License-Identifier: Apache-2.0
import { isIP } from 'node:net';
import type { Server } from 'node:net';
import { assert } from '@shortlink/common/assert.ts';
import { formatHostPort, isLoopback } from '@shortlink/common/host-port.ts';
import type { HostPort } from '@shortlink/common/host-port.ts';

/** An address that cannot be bound; the message says what to do. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

/**
 * Resolves once the server accepts connections; rejects with ListenError when the address cannot be bound.
 * @param reusePort several threads listen on the one address, and the system hands each connection to one of them.
 */
export async function listen(server: Server, { host, port }: HostPort, reusePort = false): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const failed = (cause: NodeJS.ErrnoException): void => reject(listenError({ host, port }, cause));
    server.once('error', failed);
    server.listen({ host, port, backlog: 1024, reusePort }, () => {
      server.removeListener('error', failed);
      resolve();
    });
  });
}

function listenError(address: HostPort, cause: NodeJS.ErrnoException): ListenError {
  const advice =
    cause.code === 'EADDRINUSE'
      ? 'somebody listens there already: end that process, if it is this node a second time, or choose another address'
      : `${cause.message}: choose an address of this machine that this user may listen on`;
  return new ListenError(`cannot listen on ${formatHostPort(address)}: ${advice}`, { cause });
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
