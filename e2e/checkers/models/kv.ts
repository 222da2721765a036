// SPDX-License-Identifier: Apache-2.0
import type { Model } from '../model.ts';
import { ILLEGAL } from '../model.ts';

/** Null is a key without a value. */
export type KvValue = string | null;

export type KvInput =
  | { readonly f: 'get'; readonly key: string }
  | { readonly f: 'put'; readonly key: string; readonly value: string }
  | { readonly f: 'append'; readonly key: string; readonly value: string }
  | { readonly f: 'delete'; readonly key: string }
  /** `from: null` expects an absent key, which makes it create-if-absent. */
  | { readonly f: 'cas'; readonly key: string; readonly from: KvValue; readonly to: string };

/**
 * 'ok' carries a value for get only. 'absent': get or delete met no value. 'conflict': cas met another value than `from`.
 * A delete that answers 'ok' claims to have removed a value.
 */
export type KvOutput =
  | { readonly result: 'ok'; readonly value?: string | undefined }
  | { readonly result: 'absent' | 'conflict' };

export type KvModel = Model<KvValue, KvInput, KvOutput>;

/** Independent keys that all begin with `initial`. */
export function kvModel(initial: KvValue): KvModel {
  return {
    name: 'kv',
    init: initial,
    partition: (input) => input.key,
    stateKey: (state) => (state === null ? '-' : `=${state}`),
    readOnly: (input, output) => input.f === 'get' || (output !== undefined && output.result !== 'ok'),
    step,
    lookAhead: { overwritesWith, canBecome },
  };
}

function step(state: KvValue, input: KvInput, output: KvOutput | undefined): KvValue | typeof ILLEGAL {
  switch (input.f) {
    case 'get':
      return output === undefined || readsAs(state, output) ? state : ILLEGAL;
    case 'put':
      return output === undefined || output.result === 'ok' ? input.value : ILLEGAL;
    case 'append':
      return output === undefined || output.result === 'ok' ? (state ?? '') + input.value : ILLEGAL;
    case 'delete':
      return output === undefined || output.result === (state === null ? 'absent' : 'ok') ? null : ILLEGAL;
    case 'cas': {
      const matches = state === input.from;
      if (output !== undefined && output.result !== (matches ? 'ok' : 'conflict')) return ILLEGAL;
      return matches ? input.to : state;
    }
  }
}

function overwritesWith(input: KvInput): { readonly state: KvValue } | undefined {
  switch (input.f) {
    case 'put':
      return { state: input.value };
    case 'cas':
      return { state: input.to };
    case 'delete':
      return { state: null };
    case 'append':
    case 'get':
      return undefined;
  }
}

/** Appending only ever makes a value longer. */
function canBecome(state: KvValue, input: KvInput, output: KvOutput): boolean {
  if (input.f !== 'get') return true;
  if (output.result !== 'ok') return state === null;
  return output.value?.startsWith(state ?? '') ?? false;
}

function readsAs(state: KvValue, output: KvOutput): boolean {
  if (output.result === 'ok') return state !== null && state === output.value;
  return output.result === 'absent' && state === null;
}
