// SPDX-License-Identifier: Apache-2.0
import { PortForward, type KubeConfig } from '@kubernetes/client-node';
import { KubeError } from '../../ports/kube-api.ts';
import type { ObjectKey, Resource } from '../../ports/kube-api.ts';
import type { LogOptions, PodAccess } from '../../ports/pod-access.ts';
import { forwardPort, type Tunnel } from './port-forward.ts';
import { readTextLines } from './read-body.ts';
import { objectPath, queryOf } from './resource-path.ts';
import type { RestClient } from './rest-client.ts';

const pods: Resource = { apiVersion: 'v1', kind: 'Pod', plural: 'pods', namespaced: true };
/** A longer line comes in pieces. */
const maxLineBytes = 256 * 1024;

/** Logs over HTTP, and ports over WebSockets, of the pods of a real server. */
export class RestPodAccess implements PodAccess {
  readonly #client: RestClient;
  readonly #config: KubeConfig;

  constructor(client: RestClient, config: KubeConfig) {
    this.#client = client;
    this.#config = config;
  }

  async *logs(pod: ObjectKey, options: LogOptions, signal: AbortSignal): AsyncGenerator<string> {
    const { container, follow, previous, tailLines, sinceSeconds } = options;
    const path = objectPath(pods, pod, 'log') + queryOf({ container, follow, previous, tailLines, sinceSeconds });
    yield* readTextLines(await this.#client.open({ method: 'GET', path }, signal), maxLineBytes);
  }

  async forward(pod: ObjectKey, port: number, signal: AbortSignal): Promise<string> {
    const client = new PortForward(this.#config);
    const { namespace = 'default', name } = pod;
    return forwardPort(async (socket, complaints) => {
      const tunnel: unknown = await client.portForward(namespace, name, [port], socket, complaints, socket);
      if (!isTunnel(tunnel))
        throw new KubeError('port-forward gave no WebSocket', { status: 0, reason: 'PortForward' });
      return tunnel;
    }, signal);
  }
}

function isTunnel(value: unknown): value is Tunnel {
  return typeof value === 'object' && value !== null && 'addEventListener' in value && 'close' in value;
}
