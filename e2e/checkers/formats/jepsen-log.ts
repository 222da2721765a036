// SPDX-License-Identifier: Apache-2.0
import { parseEdn } from './edn.ts';
import type { Malformed, ParsedHistory, RegisterEvent } from './parsed-history.ts';
import { malformedLine, numberedLines } from './parsed-history.ts';
import { registerEvent } from './register-event.ts';

const LOG_LINE = /^[A-Z]+\s+[\w.$-]+\s+-\s/;
const OPERATION = /^[A-Z]+\s+jepsen\.util\s+-\s+(\d+)\s+:(\w+)\s+:(\w+)\s+(\S.*)$/;
const OPERATION_START = /^[A-Z]+\s+jepsen\.util\s+-\s+\d/;

export function isJepsenLog(text: string): boolean {
  return LOG_LINE.test(text.trimStart()) && text.includes('jepsen.util');
}

/** Reads a log of Jepsen whose operations are those of one register. Lines that log something else are passed over. */
export function parseJepsenLog(text: string): ParsedHistory | Malformed {
  const events: RegisterEvent[] = [];
  for (const [line, content] of numberedLines(text)) {
    if (!LOG_LINE.test(content)) return malformedLine(line, 'not a line of a Jepsen log');
    if (!OPERATION_START.test(content)) continue;
    const event = parseOperation(content);
    if (event === undefined) return malformedLine(line, 'not an event of a register');
    events.push(event);
  }
  return { kind: 'register', events };
}

function parseOperation(content: string): RegisterEvent | undefined {
  const [, process, type = '', f = '', rest = ''] = OPERATION.exec(content) ?? [];
  const value = parseEdn(rest);
  if (process === undefined || value === undefined) return undefined;
  return registerEvent({ process: Number(process), type, f, value });
}
