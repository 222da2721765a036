// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import type { KvInput, KvOutput, KvValue } from '../models/kv.ts';
import { kvModel } from '../models/kv.ts';
import type { LinkInput, LinkOutput, LinkState } from '../models/link.ts';
import { linkModel } from '../models/link.ts';
import type { RegisterInput, RegisterOutput, RegisterValue } from '../models/register.ts';
import { registerModel } from '../models/register.ts';
import type { Workload } from './arbitrary-history.ts';

/** Few keys and values, so that operations meet. */
const keys = fc.constantFrom('a', 'b');
const VALUES = ['x', 'y', 'z'] as const;
const values = fc.constantFrom(...VALUES);
const NUMBERS = [0, 1, 2] as const;
const numbers = fc.constantFrom(...NUMBERS);

/** @param readable every value that a get can meet. */
function reads(readable: readonly string[]): { readonly result: 'ok'; readonly value: string }[] {
  return readable.map((value) => ({ result: 'ok', value }));
}

export const registerWorkload: Workload<RegisterValue, RegisterInput, RegisterOutput> = {
  model: registerModel,
  inputs: fc.oneof(
    fc.constant({ f: 'read' as const }),
    fc.record({ f: fc.constant('write' as const), value: numbers }),
    fc.record({ f: fc.constant('cas' as const), from: numbers, to: numbers }),
  ),
  outputs: (input) => {
    if (input.f === 'write') return [{ result: 'ok' }];
    if (input.f === 'cas') return [{ result: 'ok' }, { result: 'mismatch' }];
    return [null, ...NUMBERS].map((value) => ({ result: 'ok', value }));
  },
};

export const kvWorkload: Workload<KvValue, KvInput, KvOutput> = {
  model: kvModel(null),
  inputs: fc.oneof(
    fc.record({ f: fc.constant('get' as const), key: keys }),
    fc.record({ f: fc.constant('put' as const), key: keys, value: values }),
    fc.record({ f: fc.constant('delete' as const), key: keys }),
    fc.record({ f: fc.constant('cas' as const), key: keys, from: fc.option(values), to: values }),
  ),
  outputs: (input) => {
    if (input.f === 'get') return [{ result: 'absent' }, ...reads(VALUES)];
    if (input.f === 'delete') return [{ result: 'absent' }, { result: 'ok' }];
    return input.f === 'put' ? [{ result: 'ok' }] : [{ result: 'ok' }, { result: 'conflict' }];
  },
};

/** Append makes every order of writes visible, and every state different. Answers drawn at random hold two at most. */
export const appendWorkload: Workload<KvValue, KvInput, KvOutput> = {
  model: kvModel(''),
  inputs: fc.oneof(
    fc.record({ f: fc.constant('get' as const), key: keys }),
    fc.record({ f: fc.constantFrom('append' as const, 'put' as const), key: keys, value: values }),
  ),
  outputs: (input, state) => {
    if (input.f !== 'get') return [{ result: 'ok' }];
    if (typeof state === 'string') return reads([state]);
    return reads(['', ...VALUES, ...VALUES.flatMap((first) => VALUES.map((second) => first + second))]);
  },
};

export const linkWorkload: Workload<LinkState, LinkInput, LinkOutput> = {
  model: linkModel,
  inputs: fc.oneof(
    fc.record({ f: fc.constantFrom('create' as const, 'update' as const), key: keys, value: values }),
    fc.record({ f: fc.constantFrom('get' as const, 'delete' as const), key: keys }),
  ),
  outputs: (input) => {
    if (input.f === 'create') return [{ result: 'ok' }, { result: 'conflict' }];
    const found: LinkOutput[] = input.f === 'get' ? reads(VALUES) : [{ result: 'ok' }];
    return [...found, { result: 'absent' }, { result: 'gone' }];
  },
};
