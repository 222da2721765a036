// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A file within a published package; the integrity of the tarball is as npm reports it. */
export interface PackageFile {
  readonly name: string;
  readonly version: string;
  readonly integrity: string;
  readonly file: string;
}

export const packageFiles = {
  repositories: {
    name: 'all-the-package-repos',
    version: '2.0.3148',
    integrity: 'sha512-t4Eyvjw40rO1SHldm1kpramQJcgKpWfLxJHRyD85cPnrlfzzo5dS+pnfvsy+evkauV61B2Rkk7yYta1kK6UV4Q==',
    file: 'package/data/packages.json',
  },
  compatData: {
    name: '@mdn/browser-compat-data',
    version: '8.1.9',
    integrity: 'sha512-7d8D9yzVS4ugLbt4clzc5DKU8dq85K0lRebjzpP43GxSr7vYKmczgfuEU+0beimjl5YmnHkcErtolg5t5ttb0A==',
    file: 'package/data.json',
  },
  icons: {
    name: 'simple-icons',
    version: '16.37.0',
    integrity: 'sha512-8mCJIhpMYOL9g13GW59EiL3sVXJnTEKGCTZFaekl9UQ3Qo0SwVjnLaJ82QiaH8BKBdouEDzrHMXIWh8cBIy48A==',
    file: 'package/data/simple-icons.json',
  },
} as const satisfies Record<string, PackageFile>;

const run = promisify(execFile);
const downloadLimitMs = 600_000;
const maxOutputBytes = 64 * 2 ** 20;

/** The tarball in `folder`, fetched through npm when it is not there yet. @throws Error when its integrity is another. */
export async function fetchTarball(spec: PackageFile, folder: string): Promise<string> {
  const tarball = join(folder, tarballName(spec));
  if (existsSync(tarball) && (await integrityOf(tarball)) === spec.integrity) return tarball;
  mkdirSync(folder, { recursive: true });
  const args = ['pack', `${spec.name}@${spec.version}`, '--pack-destination', folder, '--ignore-scripts', '--json'];
  await run('npm', args, { timeout: downloadLimitMs, maxBuffer: maxOutputBytes });
  const found = await integrityOf(tarball);
  if (found === spec.integrity) return tarball;
  rmSync(tarball, { force: true });
  throw new Error(`${spec.name}@${spec.version} has the integrity ${found}, expected ${spec.integrity}`);
}

/** As `npm pack` names it: the scope becomes a prefix. */
export function tarballName({ name, version }: PackageFile): string {
  return `${name.replace(/^@/, '').replace('/', '-')}-${version}.tgz`;
}

async function integrityOf(file: string): Promise<string> {
  const hash = createHash('sha512');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return `sha512-${hash.digest('base64')}`;
}
