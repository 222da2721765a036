// SPDX-License-Identifier: Apache-2.0

/** Freezes a value and everything in it, so that whoever changes it is found at once. */
export function deepFrozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) deepFrozen(part);
  return Object.freeze(value);
}
