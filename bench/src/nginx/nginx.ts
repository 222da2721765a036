// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { waitUntilReady, type Processes, type ProgramToStart } from '../processes.ts';

export interface NginxPlan {
  readonly command: string;
  readonly folder: string;
  readonly port: number;
}

export interface Nginx {
  /** `http://host:port` */
  readonly url: string;
  readonly pids: readonly number[];
}

const startLimitMs = 10_000;

/**
 * The least work that an HTTP server can do for a redirect: one worker, a location from the request's own path, no
 * access log, connections that never have to be opened again.
 */
export function nginxConfig(folder: string, port: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `daemon off;
# One process that both listens and serves.
master_process off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr crit;
events { worker_connections 4096; }
http {
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 600s;
  server_tokens off;
${temporary.map((name) => `  ${name}_temp_path ${folder}/${name};`).join('\n')}
  server {
    listen 127.0.0.1:${port};
    location / {
      add_header Cache-Control "private, max-age=30";
      return 302 https://www.example.com/a-path-of-an-ordinary-length-for-a-link$uri;
    }
  }
}
`;
}

export async function startNginx(processes: Processes, plan: NginxPlan): Promise<Nginx> {
  const folder = resolve(plan.folder);
  mkdirSync(folder, { recursive: true });
  const config = join(folder, 'nginx.conf');
  writeFileSync(config, nginxConfig(folder, plan.port));
  const program: ProgramToStart = {
    command: plan.command,
    args: ['-p', folder, '-c', config, '-e', 'stderr'],
    logFile: join(folder, 'nginx.log'),
  };
  const child = processes.start(program);
  const url = `http://127.0.0.1:${plan.port}`;
  await waitUntilReady(child, program, { limitMs: startLimitMs, ready: async () => answers(url) });
  return { url, pids: child.pid === undefined ? [] : [child.pid] };
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/probe`, { redirect: 'manual' });
    await response.body?.cancel();
    return response.status === 302;
  } catch {
    return false;
  }
}
