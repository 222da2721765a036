// SPDX-License-Identifier: Apache-2.0
import type { HistoryEvent } from '../history.ts';
import type { KvInput, KvOutput, KvValue } from '../models/kv.ts';
import type { LinkInput, LinkOutput } from '../models/link.ts';
import type { RegisterInput, RegisterOutput } from '../models/register.ts';

export type RegisterEvent = HistoryEvent<RegisterInput, RegisterOutput>;
export type KvEvent = HistoryEvent<KvInput, KvOutput>;
export type LinkEvent = HistoryEvent<LinkInput, LinkOutput>;

/** A history with the model that it is to be judged by. */
export type ParsedHistory =
  | { readonly kind: 'register'; readonly events: readonly RegisterEvent[] }
  | { readonly kind: 'kv'; readonly events: readonly KvEvent[]; readonly initial: KvValue }
  | { readonly kind: 'link'; readonly events: readonly LinkEvent[] };

export interface Malformed {
  readonly kind: 'malformed';
  readonly message: string;
}

/** @param line counted from 1. */
export function malformedLine(line: number, message: string): Malformed {
  return { kind: 'malformed', message: `line ${line}: ${message}` };
}

/** The lines that are not blank, with their numbers. */
export function* numberedLines(text: string): Generator<readonly [line: number, text: string]> {
  let line = 0;
  for (const content of text.split('\n')) {
    line++;
    const trimmed = content.trim();
    if (trimmed !== '') yield [line, trimmed];
  }
}
