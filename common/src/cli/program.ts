// SPDX-License-Identifier: Apache-2.0
import type { Command } from './command.ts';

interface Elsewhere extends Pick<Command, 'path' | 'summary'> {
  /** What to do where the launcher does not know how. */
  readonly instead: string;
}

/** A command line of several commands. */
export interface Program {
  /** As it is typed: `shortlink`. */
  readonly name: string;
  /** What it is, in a sentence. */
  readonly headline: string;
  /** In the order of the overview. */
  readonly commands: readonly Command[];
  /** Commands that its launcher, where it knows how, finds in another program. */
  readonly elsewhere?: readonly Elsewhere[];
}
