// SPDX-License-Identifier: Apache-2.0
import { badRequest } from './failures.ts';

type Labels = Readonly<Record<string, string>> | undefined;

/** `spec.selector` of workloads and budgets. */
export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

export function matchesSelector(labels: Labels, selector: LabelSelector): boolean {
  const equal = Object.entries(selector.matchLabels ?? {}).every(([name, value]) => labels?.[name] === value);
  return (
    equal && (selector.matchExpressions ?? []).every((one) => matchesOne(labels, one.operator, one.key, one.values))
  );
}

function matchesOne(labels: Labels, operator: string, key: string, values: readonly string[] = []): boolean {
  const value = labels?.[key];
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      throw badRequest(`"${operator}" is not a valid label selector operator`);
  }
}

/** A selector as in the query of a list: `a=b,c!=d,e in (f,g),h,!i`. */
export function selectorTest(text: string | undefined): (labels: Labels) => boolean {
  const tests = (text ?? '')
    .split(/,(?![^(]*\))/)
    .map((one) => one.trim())
    .filter((one) => one !== '')
    .map(requirementOf);
  return (labels) => tests.every((test) => test(labels));
}

function requirementOf(text: string): (labels: Labels) => boolean {
  const set = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(text);
  if (set !== null) {
    const values = (set[3] ?? '').split(',').map((one) => one.trim());
    return (labels) => matchesOne(labels, set[2] === 'in' ? 'In' : 'NotIn', set[1] ?? '', values);
  }
  const equal = /^([^\s=!]+)\s*(!=|==?)\s*([^\s=!]*)$/.exec(text);
  if (equal !== null) {
    return (labels) => matchesOne(labels, equal[2] === '!=' ? 'NotIn' : 'In', equal[1] ?? '', [equal[3] ?? '']);
  }
  const presence = /^(!?)\s*([^\s=!()]+)$/.exec(text);
  if (presence === null) throw badRequest(`unable to parse requirement: ${text}`);
  return (labels) => matchesOne(labels, presence[1] === '!' ? 'DoesNotExist' : 'Exists', presence[2] ?? '');
}
