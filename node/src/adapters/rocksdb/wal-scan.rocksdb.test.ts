// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import fc from 'fast-check';
import binding from 'rocksdb/binding.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '@shortlink/common/bytes.ts';
import { StoreCorruptError } from '../../ports/kv-engine.ts';
import { RocksKvEngine } from './rocks-kv-engine.ts';
import { defaultRocksBudget, openOptions } from './rocks-options.ts';
import { copyStoreFiles, flipByte, newestLog } from './testing/store-copy.ts';
import { logBatch, writeLog } from './testing/wal-writer.ts';
import { checkWal } from './wal-scan.ts';

let root: string;
let store: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'shortlink-wal-'));
  store = join(root, 'store');
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

const everything = { gte: utf8('key'), lt: utf8('kez') };

function keyOf(i: number): string {
  return `key${String(i).padStart(6, '0')}`;
}

/** Files of a store that was killed after `count` synchronous writes of one key each. */
async function crashedStore(count: number, valueBytes = 100): Promise<string> {
  const engine = await RocksKvEngine.open({ path: store });
  for (let i = 0; i < count; i++) {
    const batch = engine.batch();
    batch.put('raft', utf8(keyOf(i)), new Uint8Array(valueBytes).fill(i));
    engine.write(batch, { sync: true });
  }
  const copy = join(root, 'crashed');
  copyStoreFiles(store, copy);
  await engine.close();
  return copy;
}

async function keysOf(path: string): Promise<string[]> {
  const engine = await RocksKvEngine.open({ path });
  const keys = engine.scan('raft', everything, { limit: 100_000 }).map((row) => fromUtf8(row.key));
  await engine.close();
  return keys;
}

/** Opens with RocksDB alone, without our check, and counts the rows that are left. */
async function rowsByRocksAlone(path: string): Promise<number> {
  const db = binding.db_init(path);
  const families = await new Promise<Parameters<Parameters<typeof binding.db_open>[2]>[1]>((resolve, reject) => {
    binding.db_open(db, openOptions(defaultRocksBudget), (error, columns) => {
      if (error === null) resolve(columns);
      else reject(error);
    });
  });
  const page = binding.db_query(db, {
    column: families?.['raft'],
    ...everything,
    reverse: false,
    limit: -1,
    highWaterMarkBytes: 2 ** 30,
    keyEncoding: 'buffer',
    valueEncoding: 'buffer',
    fillCache: false,
    asyncIO: false,
  });
  await new Promise<void>((resolve, reject) => {
    binding.db_close(db, (error) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
  return page.rows.length / 2;
}

function expectedKeys(count: number): string[] {
  return Array.from({ length: count }, (_, i) => keyOf(i));
}

describe('a store that was killed', () => {
  it('has clean logs that hold every write which was acknowledged', async () => {
    const script = join(import.meta.dirname, 'testing', 'crash-writer.ts');
    const child = spawn(process.execPath, [script, store, '50'], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise<void>((resolve) => {
      child.stdout.on('data', (data: Buffer) => {
        if (data.toString().includes('written 49')) resolve();
      });
    });
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await exited;
    expect(checkWal(store)).toMatchObject({ kind: 'clean', operations: 50 });
    expect(await keysOf(store)).toEqual(expectedKeys(50));
  });

  it('has clean logs at any size of records, over several files and restarts', async () => {
    let path = await crashedStore(0);
    for (let round = 0; round < 3; round++) {
      const engine = await RocksKvEngine.open({ path });
      expect(engine.walCheck.kind).toBe('clean');
      for (let i = 0; i < 40; i++) {
        const batch = engine.batch();
        for (let n = 0; n <= i % 3; n++) batch.put('state', utf8(`${i} ${n}`), new Uint8Array(i * i * i));
        if (i % 5 === 0) batch.delete('raft', utf8('x'));
        engine.write(batch, { sync: i % 4 === 0 });
        if (i % 7 === 0) engine.deleteRange('meta', everything);
      }
      const copy = join(root, `copy${round}`);
      copyStoreFiles(path, copy);
      await engine.close();
      path = copy;
    }
    expect(checkWal(path).kind).toBe('clean');
  });

  it('opens with a prefix of its writes when the end of the newest log is cut off', async () => {
    const path = await crashedStore(30);
    const log = newestLog(path);
    truncateSync(log, statSync(log).size - 5);
    expect(checkWal(path)).toMatchObject({ kind: 'tornTail', tails: [{ file: basename(log) }] });
    expect(await keysOf(path)).toEqual(expectedKeys(29));
  });

  it('opens when only the last record is damaged', async () => {
    const path = await crashedStore(30);
    const log = newestLog(path);
    flipByte(log, statSync(log).size - 20);
    expect(checkWal(path).kind).toBe('tornTail');
    expect(await keysOf(path)).toEqual(expectedKeys(29));
  });

  it('is refused, with the reason, after one flipped byte with good records behind, where RocksDB alone forgets writes', async () => {
    const path = await crashedStore(100);
    const alone = join(root, 'alone');
    const log = newestLog(path);
    flipByte(log, Math.floor(statSync(log).size / 2));
    copyStoreFiles(path, alone);

    expect(checkWal(path)).toMatchObject({ kind: 'corrupt', file: basename(log) });
    const refusal = RocksKvEngine.open({ path });
    await expect(refusal).rejects.toThrow(StoreCorruptError);
    await expect(refusal).rejects.toThrow(
      /is corrupt at byte \d+: record checksum mismatch, but a good record follows/,
    );
    // A second attempt is no way around it.
    await expect(RocksKvEngine.open({ path })).rejects.toThrow(StoreCorruptError);

    const survivors = await rowsByRocksAlone(alone);
    expect(survivors).toBeGreaterThan(30);
    expect(survivors).toBeLessThan(70);
  });

  it('is never judged clean after random damage unless every write is read back', async () => {
    const count = 60;
    const path = await crashedStore(count, 1500);
    const size = statSync(newestLog(path)).size;
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(size - 1), { minLength: 1, maxLength: 3 }), async (positions) => {
        const copy = join(root, `damaged${run++}`);
        copyStoreFiles(path, copy);
        for (const at of new Set(positions)) flipByte(newestLog(copy), at);
        const check = checkWal(copy);
        const least = { clean: count, tornTail: count - positions.length, corrupt: 0 };
        expect(await rowsByRocksAlone(copy)).toBeGreaterThanOrEqual(least[check.kind]);
        rmSync(copy, { recursive: true });
      }),
      { numRuns: 40 },
    );
  });
});

describe('the check of a directory of logs', () => {
  const good = writeLog([logBatch(1, 1, utf8('a')), logBatch(2, 1, utf8('b'))]).bytes;
  const torn = good.subarray(0, good.length - 3);
  const next = writeLog([logBatch(3, 1, utf8('c'))]).bytes;

  function logs(files: Readonly<Record<string, Uint8Array>>): string {
    mkdirSync(store, { recursive: true });
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(store, name), bytes);
    return store;
  }

  it('is clean without logs and with good ones', () => {
    expect(checkWal(logs({}))).toEqual({ kind: 'clean', files: 0, operations: 0 });
    expect(checkWal(logs({ '000004.log': good, '000011.log': next, 'other.txt': torn }))).toEqual({
      kind: 'clean',
      files: 2,
      operations: 3,
    });
  });

  it('is corrupt when a torn log is followed by a newer one that holds something, in the order of their numbers', () => {
    const check = checkWal(logs({ '000009.log': torn, '000010.log': next }));
    expect(check).toMatchObject({ kind: 'corrupt', file: '000009.log', reason: expect.stringContaining('000010.log') });
  });

  it('is a torn tail when the newer log is empty or only zeros', () => {
    const directory = logs({ '000009.log': torn, '000010.log': new Uint8Array(0) });
    expect(checkWal(directory)).toMatchObject({ kind: 'tornTail', tails: [{ file: '000009.log' }] });
    writeFileSync(join(directory, '000010.log'), new Uint8Array(5000));
    expect(checkWal(directory)).toMatchObject({
      kind: 'tornTail',
      tails: [{ file: '000009.log' }, { file: '000010.log' }],
    });
  });

  it('lets a newer log follow a torn tail that an earlier start accepted, and only that one', () => {
    const directory = logs({ '000009.log': torn });
    const first = checkWal(directory);
    const accepted = first.kind === 'tornTail' ? first.tails : [];
    expect(accepted).toHaveLength(1);
    logs({ '000010.log': next });
    expect(checkWal(directory, accepted).kind).toBe('clean');
    writeFileSync(join(directory, '000009.log'), torn.subarray(0, torn.length - 1));
    expect(checkWal(directory, accepted).kind).toBe('corrupt');
  });

  it('remembers a torn tail over a crash between the recovery and the removal of the old log', async () => {
    const path = await crashedStore(10);
    const log = newestLog(path);
    truncateSync(log, statSync(log).size - 5);
    const old = readFileSync(log);
    const engine = await RocksKvEngine.open({ path });
    expect(engine.walCheck.kind).toBe('tornTail');
    const batch = engine.batch();
    batch.put('raft', utf8(keyOf(9)), utf8('again'));
    engine.write(batch, { sync: true });
    const copy = join(root, 'again');
    copyStoreFiles(path, copy);
    await engine.close();
    writeFileSync(join(copy, basename(log)), old);
    expect(await keysOf(copy)).toEqual(expectedKeys(10));
  });
});
