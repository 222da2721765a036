// SPDX-License-Identifier: Apache-2.0
import { ServiceError } from '@shortlink/common/errors.ts';
import { parseTimestamp } from './timestamp.ts';

/**
 * Reads the fields of a JSON object strictly: a wrong type or an unknown field is an error, because a client that
 * misspells `expiresAt` must not get a link that never expires. `path` leads the names of fields in messages.
 */
export class Fields {
  readonly #values: ReadonlyMap<string, unknown>;
  readonly #path: string;

  /** @throws ServiceError invalid */
  constructor(value: unknown, names: readonly string[], path = '') {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new ServiceError('invalid', path === '' ? 'the body is not a JSON object' : `${path} is not a JSON object`);
    }
    this.#path = path === '' ? '' : `${path}.`;
    this.#values = new Map(Object.entries(value));
    for (const name of this.#values.keys()) {
      if (!names.includes(name)) throw this.#error(name, `is unknown; known: ${names.join(', ')}`);
    }
  }

  string(name: string): string {
    const value = this.optionalString(name);
    if (value === undefined) throw this.#error(name, 'is missing');
    return value;
  }

  optionalString(name: string): string | undefined {
    const value = this.#values.get(name);
    if (value === undefined || typeof value === 'string') return value;
    throw this.#error(name, 'is not a string');
  }

  integer(name: string): number {
    const value = this.optionalInteger(name);
    if (value === undefined) throw this.#error(name, 'is missing');
    return value;
  }

  optionalInteger(name: string): number | undefined {
    const value = this.#values.get(name);
    if (value === undefined) return undefined;
    if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
    throw this.#error(name, 'is not an integer');
  }

  optionalBoolean(name: string): boolean | undefined {
    const value = this.#values.get(name);
    if (value === undefined || typeof value === 'boolean') return value;
    throw this.#error(name, 'is not a boolean');
  }

  /** Milliseconds since the epoch; null where the client wrote null. */
  optionalTimestamp(name: string): number | null | undefined {
    if (this.#values.get(name) === null) return null;
    const text = this.optionalString(name);
    if (text === undefined) return undefined;
    const parsed = parseTimestamp(text);
    if (parsed === undefined) throw this.#error(name, 'is not a date and time of RFC 3339');
    return parsed;
  }

  array(name: string): readonly unknown[] {
    const value = this.#values.get(name);
    if (Array.isArray(value)) return value;
    throw this.#error(name, value === undefined ? 'is missing' : 'is not an array');
  }

  #error(name: string, problem: string): ServiceError {
    const field = `${this.#path}${name}`;
    return new ServiceError('invalid', `${field} ${problem}`, { field });
  }
}
