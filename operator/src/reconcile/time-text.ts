// SPDX-License-Identifier: Apache-2.0

/** RFC 3339 to the second, as `metav1.Time` has it. `ms`: since the epoch. */
export function timeText(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z');
}
