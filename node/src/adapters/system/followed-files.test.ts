// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FollowedFiles } from './followed-files.ts';
import { readTogether } from './steady-files.ts';

let folder: string;
let opened: FollowedFiles<string>[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'followed-'));
  opened = [];
});
afterEach(() => {
  for (const files of opened) files.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** As the kubelet does it: a folder a version, and a link that is replaced at once. */
function mountSecret(version: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(join(folder, version));
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, version, name), text);
    try {
      symlinkSync(join('..data', name), join(folder, name));
    } catch {
      // It is there from the version before.
    }
  }
  symlinkSync(version, join(folder, '..next'));
  renameSync(join(folder, '..next'), join(folder, '..data'));
}

function follow(names: readonly string[], parse: (texts: readonly (string | undefined)[]) => string) {
  const seen: string[] = [];
  const troubles: string[] = [];
  const files = new FollowedFiles(
    names.map((name) => join(folder, name)),
    (contents) => parse(contents.map((bytes) => bytes?.toString())),
    {
      onChange: (value) => seen.push(value),
      onTrouble: (error) => troubles.push(error instanceof Error ? error.message : String(error)),
    },
    1,
  );
  opened.push(files);
  return { files, seen, troubles };
}

test('files of a mounted Secret are read again together when it is replaced', async () => {
  mountSecret('1', { id: 'a', key: 'a' });
  const { files, seen } = follow(['id', 'key'], (texts) => texts.join('/'));
  expect(files.value).toBe('a/a');
  mountSecret('2', { id: 'b', key: 'b' });
  await vi.waitUntil(() => files.value !== 'a/a');
  expect(seen).toEqual(['b/b']);
});

test('what cannot be used leaves the old value and is told once, until it is changed again', async () => {
  const path = join(folder, 'f');
  writeFileSync(path, 'one');
  const { files, seen, troubles } = follow(['f'], ([text]) => {
    if (text === undefined || text === 'bad') throw new Error(`cannot use ${text}`);
    return text;
  });
  writeFileSync(path, 'bad');
  await vi.waitUntil(() => troubles.length > 0);
  unlinkSync(path);
  await vi.waitUntil(() => troubles.length > 1);
  writeFileSync(path, 'three');
  await vi.waitUntil(() => seen.length > 0);
  expect(troubles).toEqual(['cannot use bad', 'cannot use undefined']);
  expect([files.value, seen]).toEqual(['three', ['three']]);
});

test('a beginning that cannot be used is thrown', () => {
  expect(() =>
    follow(['missing'], ([text]) => {
      if (text === undefined) throw new Error('there is no file');
      return text;
    }),
  ).toThrow('there is no file');
});

test('a file that is none is an error, not an absent one', () => {
  writeFileSync(join(folder, 'plain'), '');
  expect(readTogether([join(folder, 'absent')]).contents).toEqual([undefined]);
  expect(() => readTogether([join(folder, 'plain', 'below')])).toThrow('ENOTDIR');
});
