// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { followTls } from './tls-files.ts';

function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!hasOpenssl())('certificates that are replaced (needs the openssl program to make some)', () => {
  let folder: string;
  const at = (name: string): string => join(folder, name);

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tls-files-'));
    for (const name of ['old', 'new']) {
      const subject = ['-subj', `/CN=${name}`, '-days', '2'];
      const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
      const args = ['req', '-x509', ...newKey, '-keyout', at(`${name}.key`), '-out', at(`${name}.pem`), ...subject];
      execFileSync('openssl', args, { stdio: 'ignore' });
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('are taken together or not at all', async () => {
    const files = { caFile: at('ca'), certFile: at('cert'), keyFile: at('key') };
    const troubles: unknown[] = [];
    const events = { onTrouble: (error: unknown) => void troubles.push(error) };
    expect(() => followTls(files, events)).toThrow(`certificates are missing: ${files.caFile}`);
    const put = (version: string, ...names: readonly string[]): void => {
      for (const name of names) copyFileSync(at(`${version}.${name === 'key' ? 'key' : 'pem'}`), at(name));
    };
    put('old', 'ca', 'cert', 'key');
    const followed = followTls(files, events, 1);
    try {
      const before = followed.value;
      put('new', 'ca', 'cert');
      await vi.waitUntil(() => troubles.length > 0);
      expect(followed.value).toBe(before);
      put('new', 'key');
      await vi.waitUntil(() => followed.value !== before);
      expect(followed.value.cert.equals(before.cert)).toBe(false);
    } finally {
      followed.stop();
    }
  });
});
