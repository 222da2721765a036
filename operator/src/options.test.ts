// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { readOptions } from './options.ts';

describe('options of the operator', () => {
  it('come from flags before variables before defaults', () => {
    const env = { SHORTLINK_OPERATOR_NODE_IMAGE: 'registry/node:1', SHORTLINK_OPERATOR_LOG_LEVEL: 'debug' };
    expect(readOptions(['--log.level=warn', '--watch.namespaces', 'a,b'], env)).toMatchObject({
      options: {
        'node.image': 'registry/node:1',
        'log.level': 'warn',
        'watch.namespaces': ['a', 'b'],
        'lease.name': 'shortlink-operator',
      },
    });
  });

  it('say all that is wrong at once', () => {
    const read = readOptions(['--log.level=loud', '--reconcile.workers=0', '--no.such=1'], {});
    expect('problems' in read && read.problems.length).toBe(3);
  });
});
