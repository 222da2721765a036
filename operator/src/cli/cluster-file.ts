// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { CliError } from '@shortlink/common/cli/exit-codes.ts';
import { parseAllDocuments } from 'yaml';
import { readCluster } from '../crd/read-cluster.ts';
import { isFields, type Fields } from '../crd/schema.ts';
import type { ShortLinkCluster } from '../crd/shortlink-cluster.gen.ts';
import { formatSchemaProblem } from '../crd/validate.ts';
import { clusters } from '../reconcile/watched.ts';

/** The ShortLinkCluster in a file of YAML or JSON, with its defaults. `path`: - is standard input. @throws CliError */
export function readClusterFile(path: string): ShortLinkCluster {
  const found = documentsOf(path).filter(({ kind }) => kind === clusters.kind);
  const [only] = found;
  if (only === undefined || found.length > 1)
    throw new CliError('usage', `${path} must hold one ${clusters.kind}, and holds ${found.length}`);
  const { apiVersion } = only;
  if (apiVersion !== clusters.apiVersion)
    throw new CliError(
      'usage',
      `${path}: apiVersion is ${String(apiVersion)}, this program knows ${clusters.apiVersion}`,
    );
  const read = readCluster(only);
  if ('problems' in read)
    throw new CliError('usage', read.problems.map((one) => `${path}: ${formatSchemaProblem(one)}`).join('\n'));
  return read.cluster;
}

function documentsOf(path: string): readonly Fields[] {
  const documents = parseAllDocuments(textOf(path));
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document) => {
    const [problem] = document.errors;
    if (problem !== undefined) throw new CliError('usage', `${path}: ${problem.message}`);
    const value: unknown = document.toJS();
    if (!isFields(value)) return [];
    const { items } = value;
    return Array.isArray(items) ? items.filter(isFields) : [value];
  });
}

function textOf(path: string): string {
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8');
  } catch (error) {
    throw new CliError('usage', `the file cannot be read: ${String(error)}`, { cause: error });
  }
}
