// SPDX-License-Identifier: Apache-2.0
import { utf8 } from '@shortlink/common/bytes.ts';
import { describe, expect, it } from 'vitest';
import { BytesMap } from './bytes-map.ts';

describe('a map of bytes', () => {
  // Of as many keys, about ten pairs have the same hash of 32 bits.
  it('keeps keys apart, those with equal hashes, too', () => {
    const map = new BytesMap<number>();
    const keys = Array.from({ length: 300_000 }, (_, i) => utf8(`key-${i}`));
    for (const [i, key] of keys.entries()) map.set(key, i);
    expect(map.size).toBe(keys.length);
    expect(keys.every((key, i) => map.get(key) === i)).toBe(true);
    expect(map.get(utf8('key-300000'))).toBeUndefined();
    expect([...map.entries()]).toHaveLength(keys.length);
  });

  it('looks at the first bytes only when told so, and keeps a copy of them', () => {
    const map = new BytesMap<string>();
    const bytes = utf8('https://example.com/');
    map.set(bytes, 'scheme', 8);
    map.set(bytes, 'again', 8);
    bytes[8] = 0;
    expect(map.get(utf8('https://'))).toBe('again');
    expect(map.get(utf8('https://other/'), 8)).toBe('again');
    expect(map.get(utf8('https://other/'))).toBeUndefined();
    expect(map.size).toBe(1);
  });
});
