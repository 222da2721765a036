// SPDX-License-Identifier: Apache-2.0
import http from 'node:http';
import https from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { canonicalTls } from './tls-options.ts';

// Calls share these; each watch has a connection of its own beside them.
const maxCallSockets = 32;

/** Where and as whom a request goes. */
export interface Target {
  /** Base of the API, without a slash at its end. */
  readonly server: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly callAgent: http.Agent;
  readonly watchAgent: http.Agent;
}

/**
 * The API server of a kubeconfig. Credentials are asked for before every request, since tokens and certificates change; the
 * connections are kept for as long as they do not.
 */
export class KubeConnection {
  readonly #config: KubeConfig;
  readonly #server: string;
  #agents: { readonly key: string; readonly call: http.Agent; readonly watch: http.Agent } | undefined;

  constructor(config: KubeConfig) {
    const cluster = config.getCurrentCluster();
    if (cluster === null) throw new Error('the kubeconfig names no current cluster: set current-context');
    this.#config = config;
    this.#server = cluster.server.replace(/\/+$/, '');
  }

  /** Name and port of the API server, for metrics. */
  get host(): string {
    return new URL(this.#server).host;
  }

  async target(): Promise<Target> {
    const options: https.RequestOptions = {};
    await this.#config.applyToHTTPSOptions(options);
    const headers: Record<string, string> = {};
    // Files of tokens may end in a newline, which no header may hold.
    for (const [name, value] of Object.entries(options.headers ?? {})) headers[name] = String(value).trim();
    if (typeof options.auth === 'string') headers['Authorization'] = `Basic ${btoa(options.auth)}`;
    const { call, watch } = this.#agentsFor(options);
    return { server: this.#server, headers, callAgent: call, watchAgent: watch };
  }

  /** Ends connections that nobody uses; those in use end with their requests. */
  close(): void {
    this.#agents?.call.destroy();
    this.#agents?.watch.destroy();
    this.#agents = undefined;
  }

  #agentsFor(options: https.RequestOptions): { readonly call: http.Agent; readonly watch: http.Agent } {
    // Only client-node knows how to get through the proxy that a kubeconfig names.
    const proxyUrl = this.#config.getCurrentCluster()?.proxyUrl;
    if (proxyUrl !== undefined && options.agent instanceof http.Agent) {
      return { call: options.agent, watch: options.agent };
    }
    const { key, tls } = canonicalTls(options);
    if (this.#agents?.key === key) return this.#agents;
    this.close();
    const newAgent = (maxSockets: number) =>
      this.#server.startsWith('http:')
        ? new http.Agent({ keepAlive: true, maxSockets })
        : new https.Agent({ ...tls, keepAlive: true, maxSockets });
    this.#agents = { key, call: newAgent(maxCallSockets), watch: newAgent(Number.POSITIVE_INFINITY) };
    return this.#agents;
  }
}
