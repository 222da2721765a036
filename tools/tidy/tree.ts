// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const root = dirname(dirname(import.meta.dirname));

/** What is no source: installed, built, or run-time data. */
const ignored = new Set(['node_modules', '.git', '.data', '.reports', '.dev', 'coverage']);

let cached: readonly string[] | undefined;

/** Every file of the project, relative to its root, in the order of their names. */
export function sourceFiles(): readonly string[] {
  cached ??= walk('').toSorted();
  return cached;
}

function walk(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (ignored.has(entry.name) || entry.isSymbolicLink()) return [];
    return entry.isDirectory() ? walk(path) : [path];
  });
}

export function readSource(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** Made by a generator or taken over from others: our rules for texts are not theirs. */
export function isGenerated(path: string): boolean {
  return /^proto\/(?:gen|vendor)\/|\.gen\.ts$|^package-lock\.json$/.test(path);
}

export function isTest(path: string): boolean {
  return /\.(?:test|e2e)\.ts$/.test(path) || path.includes('/testing/') || path.startsWith('e2e/kubernetes/');
}
