// SPDX-License-Identifier: Apache-2.0
import { fromHex, toHex } from '@shortlink/common/bytes.ts';
import { describe, expect, test } from 'vitest';
import { decodePutRevision, decodeStatus, encodePut } from './etcd-wire.ts';

describe('the wire of etcd', () => {
  test('has key and value of a put as fields 1 and 2', () => {
    expect(toHex(encodePut('ab', 'xyz'))).toBe('0a026162120378797a');
  });

  test('gives the revision of a put, past the fields before it', () => {
    // header { cluster_id: 5, member_id: 2^64 - 1, revision: 300, raft_term: 2 }
    expect(decodePutRevision(fromHex('0a12080510ffffffffffffffffff0118ac022002'))).toBe(300n);
  });

  test('gives member and leader of a status, and 0 where no leader is known', () => {
    expect(decodeStatus(fromHex('0a04080510071206332e342e32331880102009'))).toEqual({
      memberId: 7n,
      leaderId: 9n,
    });
    expect(decodeStatus(fromHex('0a0408051007')).leaderId).toBe(0n);
  });

  test('is refused where it is cut off', () => {
    expect(() => decodePutRevision(fromHex('0a1208'))).toThrow('ends within the message');
    expect(() => decodePutRevision(fromHex('0a021880'))).toThrow('ends within the message');
  });
});
