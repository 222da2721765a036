// SPDX-License-Identifier: Apache-2.0
import { describeDefault, describeLimits, type OptionSpec } from '@shortlink/common/option-values.ts';
import { code, table } from './markdown.ts';

/** Options as a table; `variableOf` gives the environment variable of a name. */
export function optionTable(
  entries: readonly (readonly [string, OptionSpec])[],
  variableOf: (name: string) => string,
): string {
  const rows = entries.map(([name, spec]) => {
    const values = [spec.unit ?? '', describeLimits(spec)].filter((text) => text !== '').join(', ');
    const words = spec.required === true || spec.derived !== undefined || describeDefault(spec) === 'empty';
    const fallback = words ? describeDefault(spec) : code(describeDefault(spec));
    return [`${code(name)}<br>${code(variableOf(name))}`, fallback, values, spec.help];
  });
  return table(['option', 'default', 'values', 'what it does'], rows);
}
