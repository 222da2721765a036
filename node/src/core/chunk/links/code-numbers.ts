// SPDX-License-Identifier: Apache-2.0

/** More digits do not fit into a safe integer. */
export const codeMaxDigits = 10;

const radix = 36;
const digits = '0123456789abcdefghijklmnopqrstuvwxyz';

/** Value of a byte as a digit of a generated code; -1 for every other byte. The order of values is the order of bytes. */
const valueOf = new Int8Array(256).fill(-1);
for (let i = 0; i < digits.length; i++) valueOf[digits.charCodeAt(i)] = i;

/** The digits of a code that end `key` from `start` on as one number; undefined when they are not `count` digits. */
export function codeNumber(key: Uint8Array, start: number, count: number): number | undefined {
  if (key.length - start !== count) return undefined;
  let number = 0;
  for (let i = start; i < key.length; i++) {
    const digit = valueOf[key[i] ?? 0] ?? -1;
    if (digit < 0) return undefined;
    number = number * radix + digit;
  }
  return number;
}

/** The number of digits that most of the generated ones among these codes have; 0 when there are none. */
export function usualCodeLength(codes: readonly Uint8Array[]): number {
  const counts = Array.from({ length: codeMaxDigits + 1 }, () => 0);
  for (const code of codes) {
    const { length } = code;
    if (length > 0 && length <= codeMaxDigits && codeNumber(code, 0, length) !== undefined)
      counts[length] = (counts[length] ?? 0) + 1;
  }
  const most = Math.max(...counts);
  return most === 0 ? 0 : counts.indexOf(most);
}

/** Writes the digits of a number so that they end at `end`. The number is below 36 ^ `count`. */
export function writeCode(key: Uint8Array, end: number, count: number, number: number): void {
  let rest = number;
  for (let i = end - 1; i >= end - count; i--) {
    const next = Math.floor(rest / radix);
    key[i] = digits.charCodeAt(rest - next * radix);
    rest = next;
  }
}

export function codeCount(digitCount: number): number {
  return radix ** digitCount;
}
