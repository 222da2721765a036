// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openClientAccess, type ClientAccess } from './client-access.ts';
import { loadConfig } from './config/load.ts';

const logger = pino({ level: 'silent' });
let folder: string;
let opened: ClientAccess | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'access-'));
});
afterEach(() => {
  opened?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function open(...files: readonly ('tokensFile' | 'adminTokenFile')[]): ClientAccess {
  const argv = ['--node.name=a', '--data.dir=/data', '--cluster.initialNodes=a=127.0.0.1:8083'];
  const flags = files.map((name) => `--auth.${name}=${join(folder, name)}`);
  const loaded = loadConfig({ argv: [...argv, ...flags], env: {}, file: undefined });
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems));
  opened = openClientAccess(loaded.config, logger, () => {});
  return opened;
}

function kindOf({ authenticator }: ClientAccess, token: string): string {
  return authenticator.authenticate({ authorization: `Bearer ${token}`, hasClientCertificate: false }, 'admin').kind;
}

const line = (token: string) => `admin ${createHash('sha256').update(token).digest('hex')} somebody\n`;

test('tokens of both files count', () => {
  writeFileSync(join(folder, 'tokensFile'), line('one'));
  writeFileSync(join(folder, 'adminTokenFile'), 'two');
  const access = open('tokensFile', 'adminTokenFile');
  expect(['one', 'two', 'three'].map((token) => kindOf(access, token))).toEqual([
    'granted',
    'granted',
    'unauthenticated',
  ]);
});

test('further tokens may be missing beside an admin token, and may come', async () => {
  writeFileSync(join(folder, 'adminTokenFile'), 'two');
  const access = open('tokensFile', 'adminTokenFile');
  expect([kindOf(access, 'one'), kindOf(access, 'two')]).toEqual(['unauthenticated', 'granted']);
  writeFileSync(join(folder, 'tokensFile'), line('one'));
  await vi.waitUntil(() => kindOf(access, 'one') === 'granted', { timeout: 10_000 });
});

test('the only file of tokens must be there, and an admin token always', () => {
  expect(() => open('tokensFile')).toThrow('tokensFile is missing');
  writeFileSync(join(folder, 'tokensFile'), '');
  expect(() => open('tokensFile', 'adminTokenFile')).toThrow('adminTokenFile is missing');
});

test('without any file everybody is let in', () => {
  expect(kindOf(open(), 'x')).toBe('granted');
});
