// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import binding from 'rocksdb/binding.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defined } from '@shortlink/common/assert.ts';
import { utf8 } from '@shortlink/common/bytes.ts';
import { RocksKvEngine } from './rocks-kv-engine.ts';
import { defaultRocksBudget, openOptions } from './rocks-options.ts';

const mib = 2 ** 20;
const rowsOfGeneration = 20_000;
const valueBytes = 100;
const generationBytes = rowsOfGeneration * (valueBytes + 12);

let path: string;
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'shortlink-space-'));
});
afterEach(() => rmSync(path, { recursive: true, force: true }));

function tableBytes(): number {
  const tables = readdirSync(join(path, 'store')).filter((name) => name.endsWith('.sst'));
  return tables.reduce((sum, name) => sum + statSync(join(path, 'store', name)).size, 0);
}

/** Flushes and compactions run behind the writes, far behind on a busy machine. */
async function atRest(engine: RocksKvEngine): Promise<void> {
  const signs = ['mem-table-flush-pending', 'num-running-flushes', 'num-running-compactions'];
  for (let quiet = 0, looks = 0; quiet < 3 && looks < 2000; looks++) {
    await sleep(10);
    quiet = signs.every((sign) => engine.property(`rocksdb.${sign}`) === 0) ? quiet + 1 : 0;
  }
}

/** Keys lie as far apart as random codes do. */
function fill(engine: RocksKvEngine, generation: string): void {
  for (let at = 0; at < rowsOfGeneration; at += 100) {
    const batch = engine.batch();
    for (let i = at; i < at + 100; i++) {
      const key = ((i * 7919) % rowsOfGeneration).toString().padStart(8, '0');
      batch.put('state', utf8(`${generation}/${key}`), crypto.getRandomValues(new Uint8Array(valueBytes)));
    }
    engine.write(batch, { sync: false });
  }
}

/** As stores were written before ADR 0029, down to the third level. */
async function writeLeveled(): Promise<void> {
  const native = openOptions({ ...defaultRocksBudget, stateMemtableBytes: mib });
  const columns = Object.entries(native.columns).map(([name, column]) => [
    name,
    { ...column, compaction: 'level' as const },
  ]);
  const db = binding.db_init(join(path, 'store'));
  await new Promise<void>((resolve, reject) => {
    binding.db_open(db, { ...native, columns: Object.fromEntries(columns) }, (error) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
  for (let at = 0; at < 4 * rowsOfGeneration; at++) {
    const batch = binding.batch_init();
    binding.batch_put(batch, utf8(`old/${at.toString().padStart(8, '0')}`), new Uint8Array(valueBytes).fill(at), {});
    binding.batch_write(db, batch, undefined);
  }
  await new Promise((resolve) => binding.db_close(db, resolve));
}

describe('the space that rows take', () => {
  it('comes back after a generation was dropped, while others are written', async () => {
    const budget = { ...defaultRocksBudget, stateMemtableBytes: mib };
    const engine = await RocksKvEngine.open({ path: join(path, 'store'), budget });
    const sizes: number[] = [];
    for (let generation = 10; generation < 40; generation++) {
      fill(engine, `${generation}`);
      if (generation > 10)
        engine.deleteRange('state', { gte: utf8(`${generation - 1}/`), lt: utf8(`${generation - 1}0`) });
      await atRest(engine);
      sizes.push(tableBytes());
    }
    await engine.close();
    expect(Math.max(...sizes.slice(-10))).toBeLessThan(4 * generationBytes);
  });

  it('is kept from a store that leveled compaction has written', async () => {
    await writeLeveled();
    const engine = await RocksKvEngine.open({ path: join(path, 'store'), mustExist: true });
    for (let at = 0; at < 4 * rowsOfGeneration; at += 997) {
      const value = defined(engine.get('state', utf8(`old/${at.toString().padStart(8, '0')}`)), `row ${at}`);
      expect(value[0]).toBe(at % 256);
    }
    fill(engine, 'new');
    expect(engine.scan('state', { gte: utf8('old/'), lt: utf8('old0') }, { limit: 10, maxBytes: mib })).toHaveLength(
      10,
    );
    await engine.close();
  });
});
