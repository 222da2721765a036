// SPDX-License-Identifier: Apache-2.0

// The two globals outside ECMAScript that pure code may use: both are deterministic functions of their input.
interface PureTextEncoder {
  encode(input: string): Uint8Array<ArrayBuffer>;
  encodeInto(source: string, destination: Uint8Array): { read: number; written: number };
}
interface PureTextDecoder {
  decode(input: Uint8Array): string;
}
declare const TextEncoder: new () => PureTextEncoder;
declare const TextDecoder: new (label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean }) => PureTextDecoder;

/** Only named in the types of ports: pure code can neither make nor use one. */
interface AbortSignal {
  readonly aborted: boolean;
}
