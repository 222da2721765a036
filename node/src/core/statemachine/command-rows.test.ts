// SPDX-License-Identifier: Apache-2.0
import { toHex, utf8 } from '@shortlink/common/bytes.ts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { rowsOfCommand } from './command-rows.ts';
import { getUint64, keySuffix, namespaces } from './keys.ts';
import { history } from './testing/histories.ts';
import { retireOldest } from './testing/lifecycle.ts';
import { TestShard } from './testing/test-shard.ts';

/** Rows that are looked up by their keys, and those of the idempotency memory without their epochs. */
function rowsOf(shard: TestShard): Map<string, string> {
  const rows = new Map<string, string>();
  for (const { key, value } of shard.memory.rows()) {
    const namespace = key[0] ?? 0;
    const suffix = keySuffix(key);
    if (namespace === namespaces.idempotency) {
      expect(getUint64(suffix, 0)).toBeGreaterThan(0);
      rows.set(`${namespace} ${toHex(suffix.subarray(8))}`, toHex(value));
    } else if (namespace === namespaces.link || namespace === namespaces.kv) {
      rows.set(`${namespace} ${toHex(suffix)} ${toHex(key)}`, toHex(value));
    }
  }
  return rows;
}

it('names every link, key and idempotency row that a command changes', () => {
  fc.assert(
    fc.property(history, (steps) => {
      const shard = new TestShard();
      for (const step of steps) {
        shard.timeMs += step.elapsedMs;
        if (step.seal) shard.seal();
        if (step.retire) retireOldest(shard);
        const commands = step.commands.map((command) => shard.looked(command));
        const before = rowsOf(shard);
        shard.applyAll(...commands);
        const named = new Set(
          commands.flatMap((command) => [
            ...rowsOfCommand(command).map(({ namespace, suffix }) => `${namespace} ${toHex(suffix)}`),
            ...('dedup' in command ? [`${namespaces.idempotency} ${toHex(command.dedup.key)}`] : []),
          ]),
        );
        for (const [name, value] of rowsOf(shard)) {
          if (before.get(name) === value) continue;
          const [namespace = '', suffix = ''] = name.split(' ');
          expect(named.has(`${namespace} ${suffix}`), name).toBe(true);
        }
      }
    }),
    { numRuns: 200 },
  );
});

it('is nothing for steps of a chunk’s life', () => {
  expect(rowsOfCommand({ type: 'forget', objects: ['a'] })).toEqual([]);
  expect(rowsOfCommand({ type: 'stateHashCheck', index: 64, hash: '0' })).toEqual([]);
  const dedup = { key: utf8('k'), fingerprint: utf8('f') };
  const put = { type: 'kvPut', dedup, key: utf8('x'), value: utf8(''), ifRevision: undefined } as const;
  expect(rowsOfCommand(put)).toEqual([{ namespace: namespaces.kv, suffix: utf8('x') }]);
});
