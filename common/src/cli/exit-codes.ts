// SPDX-License-Identifier: Apache-2.0

/** What the exit code of every command means; scripts rely on it. */
export const exitCodes = {
  ok: { code: 0, meaning: 'done' },
  failed: { code: 1, meaning: 'failed for a reason that no other code stands for' },
  usage: { code: 2, meaning: 'wrong flags or arguments, or the cluster refuses the input as invalid' },
  notFound: { code: 3, meaning: 'there is nothing under this name, or it is deleted or expired' },
  conflict: {
    code: 4,
    meaning: 'the name is taken, or a condition does not hold: a revision, or how the cluster is set up',
  },
  unavailable: { code: 5, meaning: 'the cluster cannot be reached or cannot answer in time; try again' },
} as const;

export type ExitName = keyof typeof exitCodes;

/** A command cannot do its job; `message` says why and what to do. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exit: ExitName;

  constructor(exit: ExitName, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exit = exit;
  }
}
