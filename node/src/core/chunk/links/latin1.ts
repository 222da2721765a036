// SPDX-License-Identifier: Apache-2.0

/** Each of the first `length` bytes as one character: a key for maps, whatever the bytes are. */
export function latin1(bytes: Uint8Array, length: number): string {
  let text = '';
  for (let i = 0; i < length; i++) text += String.fromCharCode(bytes[i] ?? 0);
  return text;
}
