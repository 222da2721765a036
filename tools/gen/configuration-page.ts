// SPDX-License-Identifier: Apache-2.0
import type { OptionSpec } from '@shortlink/common/option-values.ts';
import { variableOf } from '../../node/src/config/load.ts';
import { options } from '../../node/src/config/options.ts';
import { page } from './markdown.ts';
import { optionTable } from './option-table.ts';

const intro = `A node reads its options from flags (\`--redirect.status 307\`), then from variables (\`SHORTLINK_REDIRECT_STATUS=307\`), then
from a YAML file (\`redirect: { status: 307 }\`), and else takes the default. The first source that names an option wins.
Everything that is wrong is reported at once: \`npx shortlink node --config FILE --check\`.

Times are milliseconds or carry a unit (\`500ms\`, \`30s\`, \`5m\`, \`2h\`, \`1d\`); sizes are bytes or carry one (\`64KiB\`, \`8MiB\`, \`1GiB\`, \`1TiB\`).
Lists are YAML lists, or text with commas. Relative paths in a file are relative to the file.`;

export function configurationPage(): string {
  const groups = Map.groupBy(Object.entries<OptionSpec>(options), ([name]) => name.split('.')[0] ?? name);
  const sections = [...groups].map(([group, entries]) => `## ${group}\n\n${optionTable(entries, variableOf)}`);
  return page('Configuration', 'node/src/config/options.ts', [intro, ...sections]);
}
