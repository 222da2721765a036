// SPDX-License-Identifier: Apache-2.0
import { posix } from 'node:path';

export interface Import {
  /** Relative to the root for files of the project, else as it is written (`node:fs`, `yaml`). */
  readonly target: string;
  readonly isInside: boolean;
  /** `import type` or `export type`: nothing of it exists at run time. */
  readonly isTypeOnly: boolean;
}

const staticImport = /(?:^|\n)\s*(?:import|export)\s+(type\s+)?(?:[\w*\s{},$]+\s+from\s+)?['"]([^'"]+)['"]/g;
const dynamicImport = /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;
const workerEntry = /new URL\(\s*['"](\.[^'"]+\.ts)['"]\s*,\s*import\.meta\.url\s*\)/g;

/** Every module that the text of `file` names, resolved to paths, type imports included. */
export function importsOf(file: string, text: string): Import[] {
  const found = [...text.matchAll(staticImport)].map((match) => ({
    name: match[2] ?? '',
    isTypeOnly: match[1] !== undefined,
  }));
  for (const pattern of [dynamicImport, workerEntry]) {
    found.push(...[...text.matchAll(pattern)].map((match) => ({ name: match[1] ?? '', isTypeOnly: false })));
  }
  return found.map(({ name, isTypeOnly }) => {
    const target = resolveImport(file, name);
    return { target: target ?? name, isInside: target !== undefined, isTypeOnly };
  });
}

function resolveImport(file: string, name: string): string | undefined {
  if (name.startsWith('.')) return posix.normalize(posix.join(posix.dirname(file), name));
  const workspace = /^@shortlink\/([a-z0-9]+)\/(.+)$/.exec(name);
  return workspace === null ? undefined : `${workspace[1]}/src/${workspace[2]}`;
}
