// SPDX-License-Identifier: Apache-2.0
// Completes package-lock.json: npm leaves out the builds for other platforms when the registry at hand does not carry
// them, and then refuses its own file (`npm ci`: "Missing … from lock file"). Run it after every change of a dependency.
import { readFileSync, writeFileSync } from 'node:fs';

interface LockedPackage {
  version?: string;
  optionalDependencies?: Record<string, string>;
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
}

const file = 'package-lock.json';
const lock = JSON.parse(readFileSync(file, 'utf8')) as { packages: Record<string, LockedPackage> };
const systems = new Map([
  ['android', 'android'],
  ['darwin', 'darwin'],
  ['freebsd', 'freebsd'],
  ['linux', 'linux'],
  ['openharmony', 'openharmony'],
  ['win32', 'win32'],
]);
const processors = new Map([
  ['arm64', 'arm64'],
  ['aarch64', 'arm64'],
  ['arm', 'arm'],
  ['armv7', 'arm'],
  ['ia32', 'ia32'],
  ['ppc64', 'ppc64'],
  ['riscv64', 'riscv64'],
  ['s390x', 's390x'],
  ['x64', 'x64'],
]);

let added = 0;
for (const owner of Object.values(lock.packages)) {
  for (const [name, range] of Object.entries(owner.optionalDependencies ?? {})) {
    const path = `node_modules/${name}`;
    if (lock.packages[path] !== undefined || !/^\d+\.\d+\.\d+$/.test(range)) continue;
    const platform = platformOf(name);
    // Without its platform npm would take the package for one that it must fetch here.
    if (platform === undefined) continue;
    lock.packages[path] = { version: range, ...platform, ...(owner.dev === true ? { dev: true } : {}), optional: true };
    added++;
  }
}
if (process.argv.includes('--check')) {
  process.stdout.write(
    added === 0
      ? 'the lock file is complete\n'
      : `${added} builds for other platforms are missing: run tools/complete-lock.ts\n`,
  );
  process.exit(added === 0 ? 0 : 1);
}
const { '': root, ...others } = lock.packages;
if (root === undefined) throw new Error(`${file} names no root package`);
const sorted = Object.entries(others).toSorted(([a], [b]) => (a < b ? -1 : 1));
writeFileSync(
  file,
  `${JSON.stringify({ ...lock, packages: { '': root, ...Object.fromEntries(sorted) } }, undefined, 2)}\n`,
);
process.stdout.write(`${file}: ${added} builds for other platforms added\n`);

function platformOf(name: string): { readonly os: string[]; readonly cpu: string[] } | undefined {
  const words = name.split(/[/-]/);
  const os = words.map((word) => systems.get(word)).find((word) => word !== undefined);
  const cpu = words.map((word) => processors.get(word)).find((word) => word !== undefined);
  return os === undefined || cpu === undefined ? undefined : { os: [os], cpu: [cpu] };
}
