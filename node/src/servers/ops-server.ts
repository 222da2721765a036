// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { HostPort } from '@shortlink/common/host-port.ts';
import { boundAddress, listen } from './listen.ts';

export interface Readiness {
  /** The node can answer redirects. */
  readonly ready: boolean;
  /** In words, while it is not ready. */
  readonly waitingFor: string | undefined;
  /** Whether writes are possible as far as this node knows; a node that can only read is ready all the same. */
  readonly writable: boolean;
  /** What whoever looks should know, although the node serves; undefined: nothing. */
  readonly notice?: string | undefined;
}

export interface OpsServerOptions {
  readonly readiness: () => Readiness;
  /** Whether the store is open and other nodes can connect; until then `isLive` means nothing. */
  readonly isStarted: () => boolean;
  /** False asks whoever watches to restart the process. */
  readonly isLive: () => boolean;
  readonly metrics: { render(): Promise<string>; readonly contentType: string };
  readonly onError: (error: unknown) => void;
}

interface Page {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

const json = 'application/json';
const plain = 'text/plain; charset=utf-8';
const maxConnections = 256;

/** Health and metrics for the machines around the node; lets everybody in, changes nothing. */
export class OpsServer {
  readonly #options: OpsServerOptions;
  readonly #server: Server;
  #open = false;
  #draining = false;

  constructor(options: OpsServerOptions) {
    this.#options = options;
    const settings = { maxHeaderSize: 8192, headersTimeout: 5000, requestTimeout: 10_000 };
    this.#server = createServer(settings, (message, response) => void this.#serve(message, response));
    this.#server.maxConnections = maxConnections;
  }

  /** Resolves with the address that is bound. Rejects when it cannot be. */
  async listen(address: HostPort): Promise<HostPort> {
    await listen(this.#server, address);
    return boundAddress(this.#server);
  }

  /** The listeners of clients are open: from now on the node may be ready. */
  open(): void {
    this.#open = true;
  }

  /** From now on the node is not ready; the listener stays, so that everybody can see it. */
  async drain(): Promise<void> {
    this.#draining = true;
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    let page: Page;
    try {
      page = await this.#page(message);
    } catch (error) {
      this.#options.onError(error);
      page = { status: 500, type: plain, text: 'see the log of the node\n' };
    }
    response.writeHead(page.status, {
      'content-type': page.type,
      'content-length': Buffer.byteLength(page.text),
      'cache-control': 'no-store',
      ...(page.status === 405 ? { allow: 'GET, HEAD' } : {}),
    });
    response.end(message.method === 'HEAD' ? undefined : page.text);
    message.resume();
  }

  async #page(message: IncomingMessage): Promise<Page> {
    if (message.method !== 'GET' && message.method !== 'HEAD') return { status: 405, type: plain, text: 'GET only\n' };
    switch (message.url?.split('?')[0]) {
      case '/startupz':
        return verdict(this.#options.isStarted(), 'starting');
      case '/livez':
        return verdict(this.#options.isLive(), 'stuck');
      case '/readyz':
        return this.#readyPage();
      case '/metrics':
        return { status: 200, type: this.#options.metrics.contentType, text: await this.#options.metrics.render() };
      default:
        return { status: 404, type: plain, text: 'there are /startupz, /livez, /readyz and /metrics\n' };
    }
  }

  #readyPage(): Page {
    const { ready, waitingFor, writable, notice } = this.#options.readiness();
    const isReady = ready && this.#open && !this.#draining;
    const reason = this.#draining ? 'the node is shutting down' : (waitingFor ?? 'its listeners to open');
    const body = { ready: isReady, waitingFor: isReady ? null : reason, writable: isReady && writable, notice };
    return { status: isReady ? 200 : 503, type: json, text: `${JSON.stringify(body)}\n` };
  }
}

function verdict(isWell: boolean, otherwise: string): Page {
  return isWell ? { status: 200, type: plain, text: 'ok\n' } : { status: 503, type: plain, text: `${otherwise}\n` };
}
