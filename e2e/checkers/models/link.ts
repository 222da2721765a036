// SPDX-License-Identifier: Apache-2.0
import type { Model } from '../model.ts';
import { ILLEGAL } from '../model.ts';

export type LinkState = { readonly kind: 'absent' | 'gone' } | { readonly kind: 'live'; readonly url: string };

export type LinkInput =
  | { readonly f: 'create'; readonly key: string; readonly value: string }
  | { readonly f: 'get'; readonly key: string }
  | { readonly f: 'update'; readonly key: string; readonly value: string }
  | { readonly f: 'delete'; readonly key: string };

/**
 * 'ok' carries the destination for get only. 'conflict': create met a live or dead code. 'absent' and 'gone': the other
 * operations met a code that was never created, or one that is dead.
 */
export type LinkOutput =
  | { readonly result: 'ok'; readonly value?: string | undefined }
  | { readonly result: 'conflict' | 'absent' | 'gone' };

const ABSENT: LinkState = { kind: 'absent' };
const GONE: LinkState = { kind: 'gone' };

/**
 * Short links by code. A dead code is gone for ever: its tombstone is permanent and nobody gets it again.
 * Links that expire, and clusters whose policy allows the reuse of codes, are outside this model.
 */
export const linkModel: Model<LinkState, LinkInput, LinkOutput> = {
  name: 'link',
  init: ABSENT,
  partition: (input) => input.key,
  stateKey: (state) => (state.kind === 'live' ? `=${state.url}` : state.kind),
  readOnly: (input, output) => input.f === 'get' || (output !== undefined && output.result !== 'ok'),
  step(state, input, output) {
    if (output !== undefined && !answers(state, input, output)) return ILLEGAL;
    switch (input.f) {
      case 'get':
        return state;
      case 'create':
        return state.kind === 'absent' ? { kind: 'live', url: input.value } : state;
      case 'update':
        return state.kind === 'live' ? { kind: 'live', url: input.value } : state;
      case 'delete':
        return state.kind === 'live' ? GONE : state;
    }
  },
};

function answers(state: LinkState, input: LinkInput, output: LinkOutput): boolean {
  if (input.f === 'create') return output.result === (state.kind === 'absent' ? 'ok' : 'conflict');
  if (state.kind !== 'live') return output.result === state.kind;
  return output.result === 'ok' && (input.f !== 'get' || output.value === state.url);
}
