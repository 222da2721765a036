// SPDX-License-Identifier: Apache-2.0
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { root } from './program.ts';

/** The programs of Prometheus, by their paths. */
export interface PrometheusPrograms {
  readonly prometheus: string;
  readonly promtool: string;
}

export type Found = { readonly programs: PrometheusPrograms } | { readonly why: string };

const cache = join(root, 'node_modules', '.cache', 'prometheus');
const downloadTimeoutMs = 3 * 60_000;

/**
 * Those of the folder that PROMETHEUS names, those on the PATH, or those in the distribution's package, which is downloaded
 * once and unpacked below node_modules: nothing is installed, and no right is needed.
 */
export async function findPrometheus(): Promise<Found> {
  const named = process.env['PROMETHEUS'];
  if (named !== undefined) return { programs: programsIn(named) };
  if (isOnPath('prometheus') && isOnPath('promtool'))
    return { programs: { prometheus: 'prometheus', promtool: 'promtool' } };
  if (!existsSync(cache)) {
    const why = await unpackPackage();
    if (why !== undefined) return { why };
  }
  return { programs: programsIn(join(cache, 'usr', 'bin')) };
}

function programsIn(folder: string): PrometheusPrograms {
  return { prometheus: join(folder, 'prometheus'), promtool: join(folder, 'promtool') };
}

function isOnPath(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** @returns why it could not be had; undefined: it is there. */
async function unpackPackage(): Promise<string | undefined> {
  mkdirSync(dirname(cache), { recursive: true });
  const folder = mkdtempSync(`${cache}-`);
  try {
    await download(folder);
    const [archive] = readdirSync(folder).filter((name) => name.endsWith('.deb'));
    if (archive === undefined) return 'apt-get downloaded no package';
    const unpacked = join(folder, 'unpacked');
    await promisify(execFile)('dpkg-deb', ['--extract', join(folder, archive), unpacked]);
    renameSync(unpacked, cache);
    return undefined;
  } catch (error) {
    const [line] = String(error)
      .split('\n')
      .filter((text) => text !== '');
    return `prometheus is not on the PATH, and apt-get could not download it: ${line}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** With the lists of packages that the machine has, or with lists of our own where it has none. */
async function download(folder: string): Promise<void> {
  const apt = async (...args: readonly string[]): Promise<void> => {
    await promisify(execFile)('apt-get', args, { cwd: folder, timeout: downloadTimeoutMs });
  };
  try {
    await apt('--quiet', 'download', 'prometheus');
  } catch {
    const own = ['-o', `Dir::State::Lists=${join(folder, 'lists')}`, '-o', `Dir::Cache=${join(folder, 'cache')}`];
    mkdirSync(join(folder, 'lists', 'partial'), { recursive: true });
    mkdirSync(join(folder, 'cache', 'archives', 'partial'), { recursive: true });
    await apt(...own, '--quiet', 'update');
    await apt(...own, '--quiet', 'download', 'prometheus');
  }
}
