// SPDX-License-Identifier: Apache-2.0
import type { Model } from '../model.ts';
import { ILLEGAL } from '../model.ts';

/** Null is a register that was never written. */
export type RegisterValue = number | null;

export type RegisterInput =
  | { readonly f: 'read' }
  | { readonly f: 'write'; readonly value: RegisterValue }
  | { readonly f: 'cas'; readonly from: RegisterValue; readonly to: RegisterValue };

/** 'mismatch': the compare-and-swap found another value than it expected. */
export type RegisterOutput =
  | { readonly result: 'ok'; readonly value?: RegisterValue | undefined }
  | { readonly result: 'mismatch' };

/** One register with read, write and compare-and-swap. */
export const registerModel: Model<RegisterValue, RegisterInput, RegisterOutput> = {
  name: 'register',
  init: null,
  partition: () => '',
  stateKey: (state) => String(state),
  readOnly: (input, output) => input.f === 'read' || output?.result === 'mismatch',
  step(state, input, output) {
    switch (input.f) {
      case 'read':
        return output === undefined || (output.result === 'ok' && output.value === state) ? state : ILLEGAL;
      case 'write':
        return output?.result === 'mismatch' ? ILLEGAL : input.value;
      case 'cas': {
        const matches = state === input.from;
        if (output !== undefined && matches !== (output.result === 'ok')) return ILLEGAL;
        return matches ? input.to : state;
      }
    }
  },
};
