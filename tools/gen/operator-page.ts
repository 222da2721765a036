// SPDX-License-Identifier: Apache-2.0
import type { OptionSpec } from '@shortlink/common/option-values.ts';
import { operatorOptions, variableOf } from '../../operator/src/options.ts';
import { clusterRights, leaseRights, machineRights, type Right } from '../../operator/src/rights/rights.ts';
import { code, page, table } from './markdown.ts';
import { optionTable } from './option-table.ts';

const intro = `The operator reads its options from flags (\`--log.level debug\`), then from variables
(\`SHORTLINK_OPERATOR_LOG_LEVEL=debug\`), and else takes the default. Its chart
([values](../../charts/shortlink-operator/README.md)) sets them.`;

const rightsIntro = `What the operator asks of the API server, and nothing else: the roles of the chart are made of the same tables, and tests
run the operator with these rights only.`;

export function operatorPage(): string {
  return page('Operator', 'operator/src/options.ts and operator/src/rights/rights.ts', [
    intro,
    '## Options',
    optionTable(Object.entries<OptionSpec>(operatorOptions), variableOf),
    '## Rights',
    rightsIntro,
    section('In the namespaces whose clusters it looks after', clusterRights),
    section('In all of Kubernetes, unless `watch.machines` is off', machineRights),
    section('In its own namespace', leaseRights),
  ]);
}

function section(title: string, rights: readonly Right[]): string {
  const rows = rights.map(({ resource, subresource, verbs, ofLease, reason }) => {
    const group = resource.apiVersion.includes('/') ? (resource.apiVersion.split('/')[0] ?? '') : '';
    const name = `${resource.plural}${subresource === undefined ? '' : `/${subresource}`}`;
    return [code(name), code(group), verbs.join(', '), ofLease === true ? `${reason} This one object only.` : reason];
  });
  return `### ${title}\n\n${table(['resource', 'API group', 'verbs', 'what for'], rows)}`;
}
