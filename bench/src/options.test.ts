// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { parseCommandLine } from './options.ts';

describe('the command line', () => {
  test('runs everything by default', () => {
    expect(parseCommandLine([])).toMatchObject({
      workload: 'all',
      flags: { seconds: 5, clients: ['1', '64', '256'], output: 'text' },
    });
  });

  test('takes a workload and flags in any order', () => {
    expect(parseCommandLine(['--seconds', '9', 'writes', '--clients=1,8', '--output=json'])).toMatchObject({
      workload: 'writes',
      flags: { seconds: 9, clients: ['1', '8'], output: 'json' },
    });
  });

  test.each([[['reads']], [['--clients', '0']], [['--rounds', 'x']], [['writes', 'redirects']], [['--what', '1']]])(
    'refuses %j',
    (argv) => {
      expect(parseCommandLine(argv)).toBeTypeOf('string');
    },
  );
});
