// SPDX-License-Identifier: Apache-2.0
import { isRecord, textOf } from '@shortlink/common/cli/json.ts';

const levels: Readonly<Record<string, string>> = {
  10: 'TRACE',
  20: 'DEBUG',
  30: 'INFO',
  40: 'WARN',
  50: 'ERROR',
  60: 'FATAL',
};

export interface LogLine {
  readonly pod: string;
  readonly text: string;
}

/** When a line was written, as it says itself; '' when it does not. */
export function timeOf({ text }: LogLine): string {
  const fields = fieldsOf(text);
  return typeof fields?.['time'] === 'string' ? fields['time'] : '';
}

/** A line of JSON as people read it; anything else as it is. */
export function readable({ pod, text }: LogLine): string {
  const fields = fieldsOf(text);
  if (fields === undefined) return `${pod} ${text}`;
  const { time, level, msg, node: _node, ...rest } = fields;
  const word = textOf(level) ?? '';
  const name = levels[word] ?? word.toUpperCase();
  const more = Object.entries(rest).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return [textOf(time) ?? '', name.padEnd(5), pod, textOf(msg) ?? '', ...more].join(' ').trimEnd();
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
