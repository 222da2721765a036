// SPDX-License-Identifier: Apache-2.0
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { utf8 } from '@shortlink/common/bytes.ts';
import type { KvEngine } from '../../ports/kv-engine.ts';
import { StoreCorruptError, StoreFailedError } from '../../ports/kv-engine.ts';
import { RocksKvEngine } from './rocks-kv-engine.ts';
import { flipByte } from './testing/store-copy.ts';

let root: string;
let path: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'shortlink-failures-'));
  path = join(root, 'store');
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(root, { recursive: true, force: true });
});

const writerScript = join(import.meta.dirname, 'testing', 'crash-writer.ts');

/** Runs the writer until a line of its output matches; the answer is all its output so far. */
async function runWriter(command: string, args: readonly string[], until: RegExp): Promise<string> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  let output = '';
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', (data: Buffer) => {
      output += data.toString();
      if (until.test(output)) resolve(output);
    });
    child.once('exit', () => {
      reject(new Error(`the writer ended: ${output}`));
    });
  });
}

function putText(engine: KvEngine, key: string, value: string): void {
  const batch = engine.batch();
  batch.put('state', utf8(key), utf8(value));
  engine.write(batch, { sync: true });
}

describe('a store whose disk is full', () => {
  it('fails the write, and then every call', async () => {
    // A limit on the size of files: the write to the log fails as on a full disk. In units of 512 bytes.
    const shell = `ulimit -f 400; exec "${process.execPath}" "${writerScript}" "${path}" 100000 1000`;
    const output = await runWriter('/bin/sh', ['-c', shell], /refuses|reads/);
    expect(output).toContain('failed StoreFailedError');
    expect(output).toContain('refuses StoreFailedError');
    expect(Number(/written (\d+)\nfailed/.exec(output)?.[1])).toBeGreaterThan(100);
  });
});

describe('a store in use', () => {
  it('is refused to a second process, with the reason, and left as it is', async () => {
    await runWriter(process.execPath, [writerScript, path, '5'], /reads/);
    await expect(RocksKvEngine.open({ path })).rejects.toThrow(/another process uses the store/);
    expect(readdirSync(path)).not.toContain('torn-tails.json');
    children.splice(0).forEach((child) => child.kill('SIGKILL'));
  });

  it('is refused to a second owner in the same process', async () => {
    const engine = await RocksKvEngine.open({ path });
    await expect(RocksKvEngine.open({ path })).rejects.toThrow(StoreFailedError);
    putText(engine, 'a', '1');
    await engine.close();
  });
});

describe('a store that lost files', () => {
  it('is never begun again beside what is left', async () => {
    const engine = await RocksKvEngine.open({ path });
    putText(engine, 'a', '1');
    await engine.close();
    rmSync(join(path, 'CURRENT'));
    await expect(RocksKvEngine.open({ path })).rejects.toThrow(/but no CURRENT/);
    await expect(RocksKvEngine.open({ path })).rejects.toThrow(StoreCorruptError);
  });

  it('is refused when the directory is empty although the node has had data', async () => {
    await expect(RocksKvEngine.open({ path, mustExist: true })).rejects.toThrow(StoreCorruptError);
    const engine = await RocksKvEngine.open({ path });
    await engine.close();
    const again = await RocksKvEngine.open({ path, mustExist: true });
    await again.close();
  });
});

describe('a damaged table file', () => {
  it('makes the read that meets it, and then every call, fail as corrupt', async () => {
    const engine = await RocksKvEngine.open({ path });
    const batch = engine.batch();
    for (let i = 0; i < 2000; i++) batch.put('state', utf8(`k${i}`), new Uint8Array(100).fill(i));
    engine.write(batch, { sync: true });
    await engine.close();
    // A recovery flushes its memtables into table files.
    await (await RocksKvEngine.open({ path })).close();
    const tables = readdirSync(path).filter((name) => name.endsWith('.sst'));
    expect(tables).toHaveLength(1);
    const table = join(path, tables[0] ?? '');
    flipByte(table, Math.floor(statSync(table).size / 3));

    const damaged = await RocksKvEngine.open({ path });
    const all = { gte: utf8('k'), lt: utf8('l') };
    expect(() => damaged.scan('state', all, { limit: 5000 })).toThrow(StoreCorruptError);
    expect(() => damaged.get('meta', utf8('x'))).toThrow(StoreFailedError);
    expect(() => putText(damaged, 'a', '1')).toThrow(StoreFailedError);
    await damaged.close();

    const again = await RocksKvEngine.open({ path });
    const keys = Array.from({ length: 2000 }, (_, i) => utf8(`k${i}`));
    expect(() => again.getMany('state', keys)).toThrow(StoreCorruptError);
    await again.close();
  });
});

describe('a reader on another thread', () => {
  it('sees writes at once, and is refused, not crashed, after the owner has closed', async () => {
    const engine = await RocksKvEngine.open({ path });
    putText(engine, 'a', '1');
    const worker = new Worker(join(import.meta.dirname, 'testing', 'reader-worker.ts'), { workerData: engine.handle });
    const answer = (): Promise<unknown> => new Promise((resolve) => worker.once('message', resolve));
    const ask = (key: string): Promise<unknown> => {
      const next = answer();
      worker.postMessage(key, []);
      return next;
    };
    expect(await answer()).toBe('ready');
    expect(await ask('a')).toBe('1');
    expect(await ask('b')).toBe('nothing');
    putText(engine, 'b', '2');
    expect(await ask('b')).toBe('2');
    await engine.close();
    expect(await ask('b')).toBe('StoreFailedError: the store is closed');
    const exited = new Promise((resolve) => worker.once('exit', resolve));
    worker.postMessage('end', []);
    expect(await exited).toBe(0);
  });
});
