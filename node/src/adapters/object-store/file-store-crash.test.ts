// SPDX-License-Identifier: Apache-2.0
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fromUtf8 } from '@shortlink/common/bytes.ts';
import { FileObjectStore } from './file-store.ts';

const writer = fileURLToPath(new URL('testing/object-writer.ts', import.meta.url));
const node = [process.execPath, '--disable-warning=ExperimentalWarning', writer];
const call = { timeoutMs: 60_000 };
const hasStrace = spawnSync('strace', ['-V']).status === 0;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'file-crash-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Starts a writer, kills it once it has told of so many objects, and gives the names of which it told. */
async function killAfter(created: number, run: string): Promise<string[]> {
  const [program = '', ...args] = node;
  const child = spawn(program, [...args, folder, run, '100000', '20000'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const names: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    names.push(line.replace('created ', ''));
    if (names.length === created) child.kill('SIGKILL');
  }
  await ended;
  return names;
}

describe('a writer that is killed', () => {
  it('leaves every object of which it was told, and none that is not whole', async () => {
    const told: string[] = [];
    for (const [i, created] of [1, 8, 23].entries()) {
      told.push(...(await killAfter(created, `run-${i}`)));
      const store = await FileObjectStore.open(folder);
      const page = await store.list({ prefix: '', limit: 1000 }, call);
      const names = page.objects.map((object) => object.name);
      expect(told.filter((name) => !names.includes(name))).toEqual([]);
      for (const name of names) {
        const body = await store.get(name, { ...call, maxBytes: 100_000 });
        expect(fromUtf8(body ?? new Uint8Array(0))).toBe(name.repeat(Math.ceil(20_000 / name.length)));
      }
    }
    expect(told.length).toBeGreaterThanOrEqual(32);
  });
});

/** The calls to the system that matter, in their order: `fsync .uploads/…`, `link a`, `told a`. */
function traced(run: string, count: number): string[] {
  const trace = join(folder, 'trace');
  const options = ['-f', '-qq', '-y', '-s', '200', '-o', trace, '-e', 'trace=fsync,link,linkat,write'];
  const ran = spawnSync('strace', [...options, ...node, join(folder, 'store'), run, String(count), '100']);
  expect(ran.status).toBe(0);
  const paths = new RegExp(`${join(folder, 'store')}/?`, 'g');
  return readFileSync(trace, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const text = line.replaceAll(paths, '');
      const synced = /fsync\(\d+<([^>]*)>/.exec(text)?.[1];
      if (synced !== undefined) return [`fsync ${synced.startsWith('.uploads/') ? 'data' : synced || '.'}`];
      const linked = /link(?:at)?\(.*"([^"]*)".*\) = 0/.exec(text)?.[1];
      if (linked !== undefined) return [`link ${linked}`];
      const told = /write\(1<.*"created ([^"\\]*)/.exec(text)?.[1];
      return told === undefined ? [] : [`told ${told}`];
    });
}

it.runIf(hasStrace)('an object is told of after its bytes, its name and its folders are on disk, in this order', () => {
  const calls = traced('run', 2);
  const ofOne = (name: string): string[] => {
    const end = calls.indexOf(`told ${name}`);
    return calls.slice(calls.lastIndexOf('fsync data', end), end + 1);
  };
  for (const i of [0, 1]) {
    const name = `run/${i}/object-${i}`;
    expect(ofOne(name)).toEqual([
      'fsync data',
      `link ${name}`,
      `fsync run/${i}`,
      'fsync run',
      'fsync .',
      `told ${name}`,
    ]);
  }
});
