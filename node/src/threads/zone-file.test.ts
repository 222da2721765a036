// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ZoneFile } from './zone-file.ts';

let folder: string;
let path: string;
let lines: string[];
let opened: ZoneFile[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zone-'));
  path = join(folder, 'zone');
  lines = [];
  opened = [];
});
afterEach(() => {
  for (const file of opened) file.stop();
  rmSync(folder, { recursive: true, force: true });
});

function open(): ZoneFile {
  const file = new ZoneFile(path, pino({}, { write: (line: string) => void lines.push(line) }), 1);
  opened.push(file);
  return file;
}

/** Longer than any test. */
const longMs = 60_000;

test('a zone that is there is taken at once', async () => {
  writeFileSync(path, 'eu-central-1a\n');
  const file = open();
  await file.wait(longMs, () => expect.fail('there is nothing to wait for'));
  expect(file.zone).toBe('eu-central-1a');
});

test('a zone that comes while the node waits ends the wait', async () => {
  writeFileSync(path, '');
  const file = open();
  await file.wait(longMs, () => writeFileSync(path, 'b'));
  expect(file.zone).toBe('b');
});

test('without a zone the node goes on after its time, and says so', async () => {
  const file = open();
  await file.wait(1, () => {});
  expect(file.zone).toBeUndefined();
  expect(lines.join('')).toContain('zone unknown');
});

test('a zone that comes later, or changes, is told; one that is taken away is not', async () => {
  const file = open();
  const told: string[] = [];
  file.onZone((zone) => told.push(zone));
  for (const text of ['a', '', 'not a zone!', 'b']) {
    writeFileSync(path, text);
    await vi.waitUntil(() => (text.length === 1 ? file.zone === text : true));
  }
  expect(told).toEqual(['a', 'b']);
  expect(file.zone).toBe('b');
});
