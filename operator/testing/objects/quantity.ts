// SPDX-License-Identifier: Apache-2.0
const factors: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** Bytes of a quantity such as `1Gi`; undefined when the text is none. */
export function bytesOf(quantity: string | undefined): number | undefined {
  const parts = /^(\d+(?:\.\d+)?)(k|M|G|T|Ki|Mi|Gi|Ti|)$/.exec(quantity ?? '');
  if (parts === null) return undefined;
  return Math.ceil(Number(parts[1]) * (factors[parts[2] ?? ''] ?? 1));
}
