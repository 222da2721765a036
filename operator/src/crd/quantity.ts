// SPDX-License-Identifier: Apache-2.0

/** What a suffix multiplies by, as a fraction. */
const suffixes: Readonly<Record<string, readonly [bigint, bigint]>> = {
  n: [1n, 10n ** 9n],
  u: [1n, 10n ** 6n],
  m: [1n, 10n ** 3n],
  '': [1n, 1n],
  k: [10n ** 3n, 1n],
  M: [10n ** 6n, 1n],
  G: [10n ** 9n, 1n],
  T: [10n ** 12n, 1n],
  P: [10n ** 15n, 1n],
  E: [10n ** 18n, 1n],
  Ki: [2n ** 10n, 1n],
  Mi: [2n ** 20n, 1n],
  Gi: [2n ** 30n, 1n],
  Ti: [2n ** 40n, 1n],
  Pi: [2n ** 50n, 1n],
  Ei: [2n ** 60n, 1n],
};

/**
 * The bytes of a quantity of Kubernetes, such as `64Mi` or `1.5Gi`, rounded up; undefined when it is none. All forms are read that the API server writes:
 * the API server gives `1.7Gi` back as `1825361100800m`. Exactly, so that both are the same number.
 *
 * @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */
export function quantityBytes(text: string): number | undefined {
  const match = /^([0-9]+)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]{1,2})|([A-Za-z]*))$/.exec(text);
  if (match === null) return undefined;
  const [, whole = '', fraction = '', exponent, suffix = ''] = match;
  const scale = exponent === undefined ? suffixes[suffix] : powerOfTen(Number(exponent));
  if (scale === undefined) return undefined;
  const divisor = 10n ** BigInt(fraction.length) * scale[1];
  return Number((BigInt(whole + fraction) * scale[0] + divisor - 1n) / divisor);
}

function powerOfTen(exponent: number): readonly [bigint, bigint] {
  const power = 10n ** BigInt(Math.abs(exponent));
  return exponent < 0 ? [1n, power] : [power, 1n];
}

/** The same size as a whole number of bytes: of `1.7Gi` Kubernetes makes thousandths of bytes, which storage systems refuse. */
export function wholeBytes(text: string): string {
  return /^[0-9]+(?:[KMGT]i|[kMGT])?$/.test(text) ? text : String(quantityBytes(text) ?? text);
}
