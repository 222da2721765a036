// SPDX-License-Identifier: Apache-2.0
import { defined } from '@shortlink/common/assert.ts';
import { conditionTable, type ConditionType, type ReasonOf } from './condition-table.ts';

/** A condition before it has its time. */
export interface Verdict {
  readonly type: ConditionType;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

/** The reason says which status it is. */
export function verdict<T extends ConditionType>(type: T, reason: ReasonOf<T>, message: string): Verdict {
  const reasons: Readonly<Record<string, Pick<Verdict, 'status'>>> = conditionTable[type].reasons;
  return { type, status: defined(reasons[reason], reason).status, reason, message };
}
