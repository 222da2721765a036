// SPDX-License-Identifier: Apache-2.0
import { fromUtf8 } from '@shortlink/common/bytes.ts';

/** A member of a JSON object: text where the bytes are UTF-8, else base64 under another name. */
export function bytesJson(name: string, bytes: Uint8Array): Record<string, string> {
  const text = textOrUndefined(bytes);
  return text === undefined ? { [`${name}Base64`]: Buffer.from(bytes).toString('base64') } : { [name]: text };
}

export function bytesText(bytes: Uint8Array): string {
  return textOrUndefined(bytes) ?? `base64:${Buffer.from(bytes).toString('base64')}`;
}

function textOrUndefined(bytes: Uint8Array): string | undefined {
  try {
    return fromUtf8(bytes);
  } catch {
    return undefined;
  }
}
