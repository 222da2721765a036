// SPDX-License-Identifier: Apache-2.0
import { isEdn, parseEdnHistory } from './edn-kv.ts';
import { isHistoryJsonl, parseHistoryJsonl } from './history-jsonl.ts';
import { isJepsenLog, parseJepsenLog } from './jepsen-log.ts';
import type { Malformed, ParsedHistory } from './parsed-history.ts';

/** Reads a history in whichever of the known formats its content is. */
export function parseHistory(text: string): ParsedHistory | Malformed {
  if (isHistoryJsonl(text)) return parseHistoryJsonl(text);
  if (isEdn(text)) return parseEdnHistory(text);
  if (isJepsenLog(text)) return parseJepsenLog(text);
  return { kind: 'malformed', message: 'not a history in a known format' };
}
