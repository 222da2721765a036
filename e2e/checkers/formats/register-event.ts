// SPDX-License-Identifier: Apache-2.0
import type { RegisterValue } from '../models/register.ts';
import type { EdnValue } from './edn.ts';
import { isEdnVector } from './edn.ts';
import type { RegisterEvent } from './parsed-history.ts';

/** The fields of a register event as Jepsen writes them. */
export interface RegisterRecord {
  readonly process: number;
  readonly type: string;
  readonly f: string;
  readonly value: EdnValue;
}

/**
 * The event that a record stands for, or undefined when it makes no sense.
 * A compare-and-swap that fails with its own arguments was answered: it met another value. Any other failure, such as
 * `:timed-out`, says only that nothing was changed.
 */
export function registerEvent(record: RegisterRecord): RegisterEvent | undefined {
  const { process, type, f, value } = record;
  if (f !== 'read' && f !== 'write' && f !== 'cas') return undefined;
  switch (type) {
    case 'invoke':
      return invocation(process, f, value);
    case 'ok':
      if (f !== 'read') return { process, type, output: { result: 'ok' } };
      return isRegisterValue(value) ? { process, type, output: { result: 'ok', value } } : undefined;
    case 'fail':
      if (f === 'cas' && isEdnVector(value)) return { process, type: 'ok', output: { result: 'mismatch' } };
      return { process, type };
    case 'info':
      return { process, type };
    default:
      return undefined;
  }
}

function invocation(process: number, f: 'read' | 'write' | 'cas', value: EdnValue): RegisterEvent | undefined {
  if (f === 'read') return { process, type: 'invoke', input: { f } };
  if (f === 'write') return isRegisterValue(value) ? { process, type: 'invoke', input: { f, value } } : undefined;
  if (!isEdnVector(value) || value.length !== 2) return undefined;
  const [from, to] = value;
  return isRegisterValue(from) && isRegisterValue(to) ? { process, type: 'invoke', input: { f, from, to } } : undefined;
}

function isRegisterValue(value: EdnValue | undefined): value is RegisterValue {
  return value === null || typeof value === 'number';
}
