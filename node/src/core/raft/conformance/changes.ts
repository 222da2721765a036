// SPDX-License-Identifier: Apache-2.0

import type { ConfChangeSingle, ConfChangeType } from '../conf-change.ts';

const types: Readonly<Record<string, ConfChangeType>> = {
  v: 'addNode',
  l: 'addLearnerNode',
  r: 'removeNode',
  u: 'updateNode',
};

/** Reads `v1 l2 r3 u4`; the text of the error otherwise. */
export function parseChanges(text: string): readonly ConfChangeSingle[] | string {
  const changes: ConfChangeSingle[] = [];
  for (const token of text.trim() === '' ? [] : text.trim().split(' ')) {
    if (token.length < 2) return `unknown token ${token}`;
    const type = types[token.slice(0, 1)];
    if (type === undefined) return `unknown input: ${token}`;
    const digits = token.slice(1);
    if (!/^\d+$/.test(digits)) return `strconv.ParseUint: parsing ${JSON.stringify(digits)}: invalid syntax`;
    changes.push({ type, nodeId: Number(digits) });
  }
  return changes;
}
