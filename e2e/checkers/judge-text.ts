// SPDX-License-Identifier: Apache-2.0
import type { Verdict } from './check-history.ts';
import { checkOperations } from './check-history.ts';
import { formatContradiction } from './explain.ts';
import type { Malformed } from './formats/parsed-history.ts';
import { parseHistory } from './formats/parse-history.ts';
import type { HistoryEvent } from './history.ts';
import { pairOperations } from './history.ts';
import type { Model } from './model.ts';
import { kvModel } from './models/kv.ts';
import { linkModel } from './models/link.ts';
import { registerModel } from './models/register.ts';
import type { SearchLimits } from './wgl.ts';

export type Judgement =
  | { readonly kind: 'judged'; readonly verdict: Verdict<unknown, unknown>['verdict']; readonly details: string }
  | Malformed;

/** Reads a history of any known format and judges it by the model that belongs to the format. */
export function judgeText(text: string, limits: SearchLimits): Judgement {
  const history = parseHistory(text);
  switch (history.kind) {
    case 'malformed':
      return history;
    case 'register':
      return judge(history.events, registerModel, limits);
    case 'kv':
      return judge(history.events, kvModel(history.initial), limits);
    case 'link':
      return judge(history.events, linkModel, limits);
  }
}

function judge<State, Input, Output>(
  events: readonly HistoryEvent<Input, Output>[],
  model: Model<State, Input, Output>,
  limits: SearchLimits,
): Judgement {
  const pairing = pairOperations(events);
  if (pairing.kind === 'malformed') return pairing;
  const result = checkOperations(pairing.operations, model, limits);
  return { kind: 'judged', verdict: result.verdict, details: describe(result) };
}

function describe<Input, Output>(result: Verdict<Input, Output>): string {
  switch (result.verdict) {
    case 'linearizable':
      return '';
    case 'undecided':
      return `partition "${result.key}": the limit of ${result.limit} was reached`;
    case 'not linearizable':
      return `partition "${result.key}": ${formatContradiction(result.firstImpossible)}`;
  }
}
