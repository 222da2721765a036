// SPDX-License-Identifier: Apache-2.0
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { root } from './program.ts';

/** An object store under test, empty at first. */
export interface TestStore extends AsyncDisposable {
  readonly url: string;
  /** Options of a node beside objectStore.url. */
  readonly set: readonly string[];
  /** Names of all objects, sorted. */
  names(): readonly string[];
}

/** A folder. */
export function folderStore(): TestStore {
  const folder = mkdtempSync(join(tmpdir(), 'shortlink-objects-'));
  return {
    url: pathToFileURL(folder).href,
    set: [],
    names: () => filesBelow(folder),
    [Symbol.asyncDispose]: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

const servers = process.env['S3_SERVERS'] ?? join(root, '..', 'shared', 's3');
const bucket = 'chunks';
const prefix = 'shortlink';
/** The first start builds the server. */
const startTimeoutMs = 25 * 60_000;

/** Why no S3 server can be started here; undefined when one can. */
export function whyNoS3(): string | undefined {
  if (!existsSync(join(servers, 'up'))) return `there is no ${join(servers, 'up')}, which starts S3 servers`;
  try {
    execFileSync('go', ['version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'the Go toolchain, which builds S3 servers, is not on the PATH';
  }
}

/** A bucket of a real S3 server, which keeps its objects as files. */
export async function s3Store(): Promise<TestStore> {
  const data = mkdtempSync(join(tmpdir(), 'versitygw-e2e-'));
  const port = String(await freePort());
  const run = async (script: 'up' | 'down', ...args: readonly string[]): Promise<string> =>
    (
      await promisify(execFile)(join(servers, script), ['versitygw', '--port', port, ...args], {
        timeout: startTimeoutMs,
      })
    ).stdout;
  const told = new Map(
    (await run('up', '--data', join(data, 'objects'), '--bucket', bucket))
      .split('\n')
      .map((line) => line.split('=', 2) as [string, string]),
  );
  const credentials = join(data, 'credentials');
  writeFileSync(
    credentials,
    `[default]\naws_access_key_id = ${told.get('S3_ACCESS_KEY_ID')}\naws_secret_access_key = ${told.get('S3_SECRET_ACCESS_KEY')}\n`,
  );
  return {
    url: `s3://${bucket}/${prefix}`,
    set: [
      `objectStore.endpoint=${told.get('S3_ENDPOINT')}`,
      `objectStore.region=${told.get('S3_REGION')}`,
      `objectStore.credentialsFile=${credentials}`,
    ],
    // Wherever the server keeps its buckets.
    names: () => filesBelow(join(data, 'objects')).flatMap((name) => name.split(`${bucket}/${prefix}/`)[1] ?? []),
    [Symbol.asyncDispose]: async () => {
      await run('down');
      rmSync(data, { recursive: true, force: true });
    },
  };
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((name) => !name.split('/').some((segment) => segment.startsWith('.')))
    .toSorted();
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        address === null || typeof address === 'string' ? reject(new Error('no port')) : resolve(address.port),
      );
    });
  });
}
