// SPDX-License-Identifier: Apache-2.0

// CRC-32C (Castagnoli; RFC 3720 appendix B.4), eight bytes a step ("slicing by 8"). Tables hold int32: V8 keeps those unboxed.

const reversedPolynomial = 0x82f63b78;
const slices = 8;
const tables = makeTables();

function makeTables(): Int32Array {
  const out = new Int32Array(slices * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ reversedPolynomial : crc >>> 1;
    out[byte] = crc;
  }
  for (let i = 256; i < out.length; i++) {
    const previous = out[i - 256] ?? 0;
    out[i] = (previous >>> 8) ^ (out[previous & 0xff] ?? 0);
  }
  return out;
}

/** Views by buffer: making a DataView for every short record costs more than its checksum. */
let lastView: DataView = new DataView(new ArrayBuffer(0));

function viewOf(bytes: Uint8Array): DataView {
  if (lastView.buffer !== bytes.buffer) lastView = new DataView(bytes.buffer);
  return lastView;
}

/** Checksum of bytes[start, end) as an unsigned 32-bit number. `seed` continues the checksum of what lies before. */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length, seed = 0): number {
  if (start < 0 || end > bytes.length || start > end)
    throw new RangeError(`[${start}, ${end}) of ${bytes.length} bytes`);
  const view = viewOf(bytes);
  const t = tables;
  let crc = ~seed;
  let i = start + bytes.byteOffset;
  const last = end + bytes.byteOffset;
  for (; i + 8 <= last; i += 8) {
    const low = view.getInt32(i, true) ^ crc;
    const high = view.getInt32(i + 4, true);
    crc =
      (t[1792 + (low & 0xff)] ?? 0) ^
      (t[1536 + ((low >>> 8) & 0xff)] ?? 0) ^
      (t[1280 + ((low >>> 16) & 0xff)] ?? 0) ^
      (t[1024 + (low >>> 24)] ?? 0) ^
      (t[768 + (high & 0xff)] ?? 0) ^
      (t[512 + ((high >>> 8) & 0xff)] ?? 0) ^
      (t[256 + ((high >>> 16) & 0xff)] ?? 0) ^
      (t[high >>> 24] ?? 0);
  }
  for (; i < last; i++) crc = (crc >>> 8) ^ (t[(crc ^ view.getUint8(i)) & 0xff] ?? 0);
  return ~crc >>> 0;
}

const maskDelta = 0xa282ead8;

/** The checksum as LevelDB and RocksDB store it: a checksum of bytes that hold checksums would be weak. */
export function maskCrc32c(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + maskDelta) >>> 0;
}

export function unmaskCrc32c(masked: number): number {
  const rotated = (masked - maskDelta) >>> 0;
  return ((rotated >>> 17) | (rotated << 15)) >>> 0;
}
