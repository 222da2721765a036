// SPDX-License-Identifier: Apache-2.0

const suffixes: Readonly<Record<string, number>> = {
  '': 1,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
};

/**
 * The bytes of a quantity of Kubernetes, such as `64Mi` or `1.5Gi`, rounded up; undefined when it is none. Milli and
 * exponents are not read: no size of this resource has them.
 */
export function quantityBytes(text: string): number | undefined {
  const match = /^([0-9]+(?:\.[0-9]+)?)([A-Za-z]*)$/.exec(text);
  const scale = suffixes[match?.[2] ?? '-'];
  return match === null || scale === undefined ? undefined : Math.ceil(Number(match[1]) * scale);
}
