// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A file that follows from others. */
export interface Generated {
  /** Relative to the root. */
  readonly path: string;
  readonly text: string;
}

/** Paths whose content on disk is not what would be generated. */
export function staleFiles(root: string, files: readonly Generated[]): string[] {
  return files.filter((file) => readText(join(root, file.path)) !== file.text).map((file) => file.path);
}

export function writeFiles(root: string, files: readonly Generated[]): void {
  for (const file of files) {
    mkdirSync(dirname(join(root, file.path)), { recursive: true });
    writeFileSync(join(root, file.path), file.text);
  }
}

/** What the contracts in proto/ compile to, made in a folder of its own so that nothing in the tree changes. */
export function generateProto(root: string): Generated[] {
  const folder = mkdtempSync(join(tmpdir(), 'shortlink-gen-'));
  try {
    const buf = join(root, 'node_modules', '.bin', 'buf');
    execFileSync(buf, ['generate', '--output', folder], {
      cwd: join(root, 'proto'),
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    return globSync('gen/**/*.ts', { cwd: folder })
      .toSorted()
      .map((path) => ({ path: `proto/${path}`, text: readFileSync(join(folder, path), 'utf8') }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Generated files that nothing generates any more. */
export function orphanFiles(root: string, files: readonly Generated[]): string[] {
  const made = new Set(files.map((file) => file.path));
  const folders = [
    'proto/gen/**/*.ts',
    'operator/src/**/*.gen.ts',
    'docs/reference/*.md',
    'charts/*/dashboards/*.json',
  ];
  return folders.flatMap((pattern) => globSync(pattern, { cwd: root })).filter((path) => !made.has(path));
}

function readText(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
