// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { freePort } from './ports.ts';
import type { PrometheusPrograms } from './prometheus-programs.ts';
import { eventually } from './wait.ts';

/** What Prometheus reads, and the labels that it gives to it. */
export interface ScrapeTarget {
  /** host:port of its /metrics. */
  readonly address: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface PrometheusOptions {
  readonly programs: PrometheusPrograms;
  readonly targets: readonly ScrapeTarget[];
  /** A file of rules that it evaluates. */
  readonly rulesFile: string;
}

export interface QueryResult {
  readonly series: number;
  /** The server's own word about what is wrong with the query; undefined: nothing. */
  readonly error: string | undefined;
}

/** A real Prometheus on the loopback that reads its targets every second. */
export class PrometheusServer implements AsyncDisposable {
  readonly #folder: string;
  readonly #url: string;
  readonly #child: ChildProcess;
  #output = '';

  private constructor(folder: string, address: string, program: string) {
    this.#folder = folder;
    this.#url = `http://${address}`;
    const args = [
      `--config.file=${join(folder, 'prometheus.yaml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
      '--log.level=warn',
    ];
    this.#child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (chunk: Buffer) => (this.#output += chunk.toString()));
  }

  /** Resolves once it answers queries. */
  static async start({ programs, targets, rulesFile }: PrometheusOptions): Promise<PrometheusServer> {
    const folder = mkdtempSync(join(tmpdir(), 'shortlink-prometheus-'));
    const configs = targets.map(({ address, labels }) => ({ targets: [address], labels }));
    const config = {
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: [rulesFile],
      scrape_configs: [{ job_name: 'shortlink', static_configs: configs }],
    };
    writeFileSync(join(folder, 'prometheus.yaml'), stringify(config));
    const server = new PrometheusServer(folder, `127.0.0.1:${await freePort()}`, programs.prometheus);
    try {
      await eventually('Prometheus to answer', async () => server.#isReady());
    } catch (cause) {
      await server[Symbol.asyncDispose]();
      throw new Error(`Prometheus did not start:\n${server.#output}`, { cause });
    }
    return server;
  }

  /** Evaluates an expression now. */
  async query(expression: string): Promise<QueryResult> {
    const response = await fetch(`${this.#url}/api/v1/query`, {
      method: 'POST',
      body: new URLSearchParams({ query: expression }),
      signal: AbortSignal.timeout(10_000),
    });
    const answer = (await response.json()) as {
      readonly error?: string;
      readonly data?: { readonly resultType: string; readonly result: readonly unknown[] };
    };
    return { series: answer.data?.result.length ?? 0, error: answer.error };
  }

  /** Names of the alerts that are pending or fire, sorted. */
  async alerts(): Promise<readonly string[]> {
    const response = await fetch(`${this.#url}/api/v1/alerts`, { signal: AbortSignal.timeout(10_000) });
    const { data } = (await response.json()) as {
      readonly data: { readonly alerts: readonly { readonly labels: { readonly alertname: string } }[] };
    };
    return [...new Set(data.alerts.map(({ labels }) => labels.alertname))].toSorted();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.kill('SIGTERM'))
      await new Promise((resolve) => this.#child.once('exit', resolve));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #isReady(): Promise<boolean> {
    try {
      return (await fetch(`${this.#url}/-/ready`, { signal: AbortSignal.timeout(2000) })).ok;
    } catch {
      return false;
    }
  }
}
