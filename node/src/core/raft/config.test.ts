// SPDX-License-Identifier: Apache-2.0

import { describe, expect, it } from 'vitest';
import { resolveConfig, validate } from './config.ts';
import { MemoryStorage } from './memory-storage.ts';
import { RawNode } from './raw-node.ts';
import { testConfig } from './testing/network.ts';
import { localAppendThread, noLimit } from './types.ts';

const config = { ...testConfig, id: 1, storage: new MemoryStorage() };

describe('the configuration of a replica', () => {
  it('is accepted when it is sound', () => {
    expect(validate(config)).toEqual([]);
  });

  it('is refused with all its errors at once', () => {
    const errors = validate({ ...config, id: 0, heartbeatTicks: 0, electionTicks: 0, maxInflightMsgs: 0 });
    expect(errors).toEqual([
      'id must be a positive integer',
      'heartbeatTicks must be greater than 0',
      'electionTicks must be greater than heartbeatTicks',
      'maxInflightMsgs must be greater than 0',
    ]);
  });

  it.each([
    [{ id: localAppendThread }, 'id must not be a local target'],
    [{ electionTicks: 1 }, 'electionTicks must be greater than heartbeatTicks'],
    [{ maxSizePerMsgBytes: 100, maxInflightBytes: 99 }, 'maxInflightBytes must be at least maxSizePerMsgBytes'],
    [{ maxCommittedSizePerReadyBytes: 0 }, 'maxCommittedSizePerReadyBytes must be greater than 0'],
    [{ readOnlyOption: 'leaseBased' as const }, 'checkQuorum must be enabled when readOnlyOption is leaseBased'],
  ])('is refused with %o', (change, error) => {
    expect(validate({ ...config, ...change })).toEqual([error]);
    expect(() => new RawNode({ ...config, ...change })).toThrow(error);
  });

  it('limits what is handed out at once like what is sent at once, unless told otherwise', () => {
    expect(resolveConfig(config).maxCommittedSizePerReadyBytes).toBe(noLimit);
    expect(resolveConfig({ ...config, maxSizePerMsgBytes: 77 }).maxCommittedSizePerReadyBytes).toBe(77);
    expect(resolveConfig({ ...config, maxSizePerMsgBytes: 0 }).maxCommittedSizePerReadyBytes).toBe(1);
  });
});
