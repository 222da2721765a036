// SPDX-License-Identifier: Apache-2.0
import { ServiceError } from '@shortlink/common/errors.ts';
import { describe, expect, it } from 'vitest';
import { ObjectStoreError } from '../../ports/object-store.ts';
import { StoreTrouble } from './store-trouble.ts';

function newTrouble() {
  const clock = { nowMs: 0, monotonicMs: () => clock.nowMs };
  return { clock, trouble: new StoreTrouble(clock) };
}

const refused = new ObjectStoreError('unavailable', 'connect ECONNREFUSED (attempt 6)');

describe('what is wrong with the object store', () => {
  it('is the last work that it failed, and over soon after something was written to it', () => {
    const { clock, trouble } = newTrouble();
    expect(trouble.text).toBeUndefined();
    trouble.failed('export of generation 3 of shard 1', refused);
    expect(trouble.text).toBe('export of generation 3 of shard 1: connect ECONNREFUSED (attempt 6)');
    clock.nowMs = 20_000;
    trouble.written();
    expect(trouble.text).toBeDefined();
    clock.nowMs = 30_001;
    expect(trouble.text).toBeUndefined();
  });

  it('stays for as long as one kind of work fails, whatever others do', () => {
    const { clock, trouble } = newTrouble();
    for (; clock.nowMs < 600_000; clock.nowMs += 5000) {
      trouble.failed('the checkpoint of shard 1', refused);
      trouble.written();
      expect(trouble.text).toBe('the checkpoint of shard 1: connect ECONNREFUSED (attempt 6)');
    }
  });

  it('is over when the same work ends well', () => {
    const { trouble } = newTrouble();
    trouble.failed('looking for a mark', refused);
    trouble.done('a merge');
    expect(trouble.text).toBeDefined();
    trouble.done('looking for a mark');
    expect(trouble.text).toBeUndefined();
  });

  it('is over when it was not seen for minutes', () => {
    const { clock, trouble } = newTrouble();
    trouble.failed('checkpoint', refused);
    clock.nowMs = 3 * 60_000;
    expect(trouble.text).toBeDefined();
    clock.nowMs++;
    expect(trouble.text).toBeUndefined();
  });

  it('is not what failed for reasons of the cluster', () => {
    const { trouble } = newTrouble();
    trouble.failed('export', new ServiceError('unavailable', 'no leader'));
    expect(trouble.text).toBeUndefined();
  });

  it('is first of all that nothing may be written to it', () => {
    const { clock, trouble } = newTrouble();
    trouble.failed('export', refused);
    trouble.closed('the store was not checked yet: 403');
    clock.nowMs = 3 * 60_000 + 1;
    expect(trouble.text).toBe('the store was not checked yet: 403');
    trouble.closed(undefined);
    expect(trouble.text).toBeUndefined();
  });
});
