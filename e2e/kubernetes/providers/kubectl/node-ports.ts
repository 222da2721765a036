// SPDX-License-Identifier: Apache-2.0
import { createConnection } from 'node:net';
import { ports, selector } from '../../../../operator/src/desired/names.ts';
import type { KubeObject } from '../../../../operator/src/ports/kube-api.ts';
import { eventually } from '../../../harness/wait.ts';
import type { ClusterName, Exposed } from '../../provider.ts';
import { kinds, type Objects } from '../../world/objects.ts';

/** Whoever makes a cluster for tests leads them from the outside to its control plane. */
export const mappedPorts = [30_480, 30_481, 30_482, 30_483, 30_484, 30_485, 30_486, 30_487] as const;

const reachLimitMs = 60_000;

/** host:port at which a port of all machines is reached from here; undefined: it is not. */
export type Route = (nodePort: number) => Promise<string | undefined>;

/**
 * A Service of the tests beside those of the cluster, with ports of all machines: kube-proxy leads to pods that are ready, as
 * it does for everybody, and needs neither the API server nor any machine but the one that is asked.
 */
export async function exposeNodePorts(
  objects: Objects,
  { namespace, name }: ClusterName,
  route: Route,
): Promise<Exposed> {
  const taken = await takenPorts(objects);
  const [api, redirect] = mappedPorts.filter((port) => !taken.has(port));
  if (api === undefined || redirect === undefined) throw new Error(`the ports ${mappedPorts.join(', ')} are all taken`);
  const service = { namespace, name: `${name}-e2e` };
  await objects.apply(kinds.services, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: service,
    spec: {
      type: 'NodePort',
      selector: selector(name),
      ports: [
        { name: 'api', port: ports.api, targetPort: 'api', nodePort: api, protocol: 'TCP' },
        { name: 'redirect', port: ports.redirect, targetPort: 'redirect', nodePort: redirect, protocol: 'TCP' },
      ],
    },
  } as KubeObject);
  const [apiHost, redirectHost] = [await route(api), await route(redirect)];
  if (apiHost === undefined || redirectHost === undefined)
    throw new Error('ports of the machines cannot be reached from here');
  // kube-proxy hears of a Service a little later.
  for (const host of [apiHost, redirectHost])
    await eventually(`somebody to answer at ${host}`, async () => answers(host), reachLimitMs);
  return {
    api: `http://${apiHost}`,
    redirect: `http://${redirectHost}`,
    [Symbol.asyncDispose]: async () => void (await objects.delete(kinds.services, service)),
  };
}

async function takenPorts(objects: Objects): Promise<ReadonlySet<number>> {
  const services = (await objects.list(kinds.services)) as readonly (KubeObject & {
    readonly spec: { readonly ports?: readonly { readonly nodePort?: number }[] };
  })[];
  return new Set(services.flatMap(({ spec }) => spec.ports?.flatMap(({ nodePort }) => nodePort ?? []) ?? []));
}

/** Docker takes connections for containers that refuse them: only an answer of HTTP counts. */
async function answers(host: string): Promise<boolean> {
  try {
    await (await fetch(`http://${host}/`, { redirect: 'manual', signal: AbortSignal.timeout(2000) })).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

export async function canConnect(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port, timeout: 2000 });
    const end = (result: boolean): void => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', () => end(true));
    // Who refuses is there.
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code === 'ECONNREFUSED'));
    socket.once('timeout', () => end(false));
  });
}
