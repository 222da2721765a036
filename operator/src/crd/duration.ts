// SPDX-License-Identifier: Apache-2.0

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** The milliseconds of a time such as `30s` or `1h30m`; undefined when it is none. */
export function durationMs(text: string): number | undefined {
  if (!/^(?:[0-9]+(?:ms|s|m|h))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, count = '', unit = ''] of text.matchAll(/([0-9]+)(ms|s|m|h)/g)) {
    total += Number(count) * (unitsMs[unit] ?? 0);
  }
  return total;
}
