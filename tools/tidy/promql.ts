// SPDX-License-Identifier: Apache-2.0

/** A metric in an expression, and the labels by which its series are chosen there. */
export interface Selector {
  readonly metric: string;
  readonly matchers: readonly Matcher[];
}

export interface Matcher {
  readonly label: string;
  readonly operator: string;
  readonly value: string;
}

const keywords = new Set(['and', 'or', 'unless', 'bool', 'offset', 'on', 'ignoring', 'by', 'without', 'inf', 'nan']);
const grouping = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g;
const selector = /\b([a-zA-Z_:][a-zA-Z0-9_:]*)\b(?!\s*\()(?:\s*\{([^}]*)\})?/g;
const matcher = /([a-zA-Z_]\w*)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"/g;

/** The metrics that a PromQL expression reads. Knows as much of the language as ours need. */
export function selectorsOf(expression: string): Selector[] {
  // Ranges and subqueries hold times, which look like names.
  const text = expression.replaceAll(/\[[^\]]*\]/g, '').replaceAll(grouping, ' ');
  return [...text.matchAll(selector)].flatMap(([, metric = '', matchers = '']) =>
    keywords.has(metric) ? [] : [{ metric, matchers: matchersOf(matchers) }],
  );
}

/** Labels by which an expression groups or joins. */
export function groupedLabels(expression: string): string[] {
  const lists = [...expression.matchAll(/\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g)];
  return lists.flatMap(([, list = '']) => list.split(',').map((label) => label.trim())).filter((label) => label !== '');
}

function matchersOf(text: string): Matcher[] {
  return [...text.matchAll(matcher)].map(([, label = '', operator = '', value = '']) => ({ label, operator, value }));
}
