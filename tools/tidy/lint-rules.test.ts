// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { root } from './tree.ts';

// The rules are tried on a tree of their own, since a rule that never fires looks just like one that holds.
const folder = mkdtempSync(join(tmpdir(), 'lint-rules-'));
afterAll(() => rmSync(folder, { recursive: true }));

function lint(path: string, text: string): string {
  copyFileSync(join(root, '.oxlintrc.json'), join(folder, '.oxlintrc.json'));
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), `// SPDX-License-Identifier: Apache-2.0\n${text}\n`);
  const oxlint = join(root, 'node_modules', 'oxlint', 'bin', 'oxlint');
  try {
    execFileSync(process.execPath, [oxlint, '--format', 'unix', path], {
      cwd: folder,
      encoding: 'utf8',
      stdio: 'pipe',
    });
    return '';
  } catch (error) {
    return error instanceof Error && 'stdout' in error ? String(error.stdout) : String(error);
  }
}

test.each([
  ['core', 'export const now = () => Date.now();'],
  ['engine', 'export const roll = () => Math.random();'],
  ['services', 'export const wait = (run: () => void) => setTimeout(run, 1);'],
  ['core', `import { readFileSync } from 'node:fs';\nexport const x = readFileSync;`],
  ['services', `import { Server } from '@grpc/grpc-js';\nexport const x = Server;`],
  ['ports', 'export const elapsed = () => performance.now();'],
  ['engine', 'export const id = () => crypto.randomUUID();'],
  ['servers', `import { x } from '../adapters/x.ts';\nexport const y = x;`],
  ['telemetry', 'export const level = () => process.env.LEVEL;'],
  ['config', 'export default 1;'],
])('in %s one may not write %s', (ring, text) => {
  expect(lint(`node/src/${ring}/sample.ts`, text)).toMatch(/\[Error\/(?:eslint|node|import)\(/);
});

test.each([
  ['runtime', 'export const wait = (run: () => void) => setTimeout(run, 1);'],
  ['reconcile', 'export const now = () => Date.now();'],
  ['plan', `import { KubeConfig } from '@kubernetes/client-node';\nexport const x = KubeConfig;`],
])('in %s of the operator one may not write %s', (ring, text) => {
  expect(lint(`operator/src/${ring}/sample.ts`, text)).toMatch(/\[Error\/(?:eslint|node|import)\(/);
});

test('adapters may use what the inner rings may not', () => {
  expect(
    lint(
      'node/src/adapters/sample.ts',
      `import { hostname } from 'node:os';\nexport const now = () => [Date.now(), hostname()];`,
    ),
  ).toBe('');
});
