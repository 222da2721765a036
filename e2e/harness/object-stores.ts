// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { startS3Server } from './s3-server.ts';

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

/** A bucket of a real S3 server, which keeps its objects as files. */
export async function s3Store(): Promise<TestStore> {
  const server = await startS3Server('versitygw');
  const { bucket, prefix, endpoint, region, credentialsFile } = server.place('shortlink');
  return {
    url: `s3://${bucket}/${prefix}`,
    set: [
      `objectStore.endpoint=${endpoint}`,
      `objectStore.region=${region}`,
      `objectStore.credentialsFile=${credentialsFile}`,
    ],
    // Wherever the server keeps its buckets.
    names: () => filesBelow(server.folder).flatMap((name) => name.split(`${bucket}/${prefix}/`)[1] ?? []),
    [Symbol.asyncDispose]: async () => server.stop(),
  };
}

/** Without what is hidden: uploads that are under way come and go there while one looks. */
function filesBelow(folder: string): string[] {
  return below(folder, '').toSorted();
}

function below(folder: string, prefix: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).filter(({ name }) => !name.startsWith('.'));
  return entries.flatMap((entry) => {
    const name = `${prefix}${entry.name}`;
    return entry.isDirectory() ? below(join(folder, entry.name), `${name}/`) : [name];
  });
}
