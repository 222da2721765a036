// SPDX-License-Identifier: Apache-2.0

const maxFailureMessages = 20;

/** Counts a failure by its message. */
export function noteFailure(failures: Map<string, number>, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  const key = failures.has(message) || failures.size < maxFailureMessages ? message : 'other failures';
  failures.set(key, (failures.get(key) ?? 0) + 1);
}
