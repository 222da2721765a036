// SPDX-License-Identifier: Apache-2.0
import { execFile, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './ports.ts';
import { root } from './program.ts';

export type S3ServerKind = 'versitygw' | 'minio';

/** Builds and starts real S3 servers; need not lie beside the project. */
const folder = process.env['S3_SERVERS'] ?? join(root, '..', 'shared', 's3');
const bucket = 'chunks';
/** The first build compiles a server and all that it is made of. */
const startTimeoutMs = 25 * 60_000;

/** Why no S3 server can be started here; undefined when one can. */
export function whyNoS3Servers(): string | undefined {
  if (!existsSync(join(folder, 'up'))) return `there is no ${join(folder, 'up')}, which starts S3 servers`;
  try {
    execFileSync('go', ['version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'the Go toolchain, which builds S3 servers, is not on the PATH';
  }
}

/** How a client reaches a place in the server's bucket. */
export interface S3Place {
  readonly bucket: string;
  readonly prefix: string;
  readonly endpoint: string;
  readonly region: string;
  readonly pathStyle: boolean;
  readonly credentialsFile: string;
}

export interface S3Server {
  /** As an environment has them. */
  readonly credentials: { readonly AWS_ACCESS_KEY_ID: string; readonly AWS_SECRET_ACCESS_KEY: string };
  /** The server keeps its objects as files somewhere below it. */
  readonly folder: string;
  place(prefix: string): S3Place;
  /** Ends the process; its data stays. */
  down(): Promise<void>;
  up(): Promise<void>;
  /** Ends the process and removes its data. */
  stop(): Promise<void>;
}

/** Starts a server with an empty bucket on a free port of the loopback. */
export async function startS3Server(kind: S3ServerKind): Promise<S3Server> {
  const data = mkdtempSync(join(tmpdir(), `${kind}-`));
  const port = String(await freePort());
  const run = async (script: 'up' | 'down', ...args: readonly string[]): Promise<string> => {
    const argv = [kind, '--port', port, ...args];
    return (await promisify(execFile)(join(folder, script), argv, { timeout: startTimeoutMs })).stdout;
  };
  endWithThisProcess(kind, port);
  const up = async (): Promise<string> => run('up', '--data', join(data, 'objects'), '--bucket', bucket);
  const told = new Map((await up()).split('\n').map((line) => line.split('=', 2) as [string, string]));
  const value = (name: string): string => told.get(name) ?? '';
  const credentials = {
    AWS_ACCESS_KEY_ID: value('S3_ACCESS_KEY_ID'),
    AWS_SECRET_ACCESS_KEY: value('S3_SECRET_ACCESS_KEY'),
  };
  const credentialsFile = join(data, 'credentials');
  writeFileSync(
    credentialsFile,
    `[default]\n${Object.entries(credentials)
      .map(([name, text]) => `${name.toLowerCase()} = ${text}`)
      .join('\n')}\n`,
  );
  return {
    credentials,
    folder: join(data, 'objects'),
    place: (prefix) => ({
      bucket,
      prefix,
      endpoint: value('S3_ENDPOINT'),
      region: value('S3_REGION'),
      pathStyle: true,
      credentialsFile,
    }),
    down: async () => void (await run('down')),
    up: async () => void (await up()),
    stop: async () => {
      await run('down');
      rmSync(data, { recursive: true, force: true });
    },
  };
}

/** Servers are processes of their own: when the tests are killed, somebody must end them. */
function endWithThisProcess(kind: S3ServerKind, port: string): void {
  const script = 'while kill -0 "$1" 2>/dev/null; do sleep 1; done; exec "$2" "$3" --port "$4"';
  const args = ['-c', script, 'sh', String(process.pid), join(folder, 'down'), kind, port];
  spawn('/bin/sh', args, { stdio: 'ignore', detached: true }).unref();
}
