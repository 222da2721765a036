// SPDX-License-Identifier: Apache-2.0

// Generated codes of one length, one after the other. Zeros stand in the place of a code that could not be drawn.

/** A view of the code at a place; undefined when none was drawn. */
export function codeAt(codes: Uint8Array, length: number, place: number): Uint8Array | undefined {
  const start = place * length;
  return codes[start] === 0 ? undefined : codes.subarray(start, start + length);
}

interface CodeList {
  readonly codes: Uint8Array | undefined;
  readonly codeLength: number;
  readonly count: number;
}

/** Views of the codes that there are, in the order of their rows. */
export function drawnCodes({ codes, codeLength, count }: CodeList): Uint8Array[] {
  const drawn: Uint8Array[] = [];
  for (let row = 0; codes !== undefined && row < count; row++) {
    const code = codeAt(codes, codeLength, row);
    if (code !== undefined) drawn.push(code);
  }
  return drawn;
}

/** What is wrong with the codes of `count` rows; undefined when nothing is. */
export function codesProblem(codes: Uint8Array, length: number, count: number): string | undefined {
  if (codes.length !== count * length) return `${codes.length} bytes of codes for ${count} links`;
  for (let place = 0; place < count; place++) {
    const start = place * length;
    const isDrawn = codes[start] !== 0;
    for (let i = start; i < start + length; i++) {
      if (isDrawn ? !isDigit(codes[i]) : codes[i] !== 0) return `the code of link ${place} is none`;
    }
  }
  return undefined;
}

function isDigit(byte = 0): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x7a);
}
