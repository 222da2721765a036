// SPDX-License-Identifier: Apache-2.0
import { assert } from '@shortlink/common/assert.ts';
import { durationMs } from './duration.ts';
import { nodeOptions } from './node-options.ts';
import { quantityBytes } from './quantity.ts';
import { isFields, type Schema } from './schema.ts';
import { shortLinkClusterSchema } from './shortlink-cluster-schema.gen.ts';
import type { ShortLinkCluster } from './shortlink-cluster.gen.ts';

/** As a node reads it: bytes, milliseconds, numbers, texts. */
export type NodeOptionValue = string | number | boolean | readonly string[];

const pathStyles: Readonly<Record<string, string>> = { Auto: 'auto', Always: 'true', Never: 'false' };

/**
 * The options of the nodes that a cluster asks for, by their dotted names, in the order of nodeOptions. Options with their
 * defaults are absent, so that the same object asks for the same whether it names a default or not.
 */
export function nodeOptionValues(cluster: ShortLinkCluster): Readonly<Record<string, NodeOptionValue>> {
  const values: Record<string, NodeOptionValue> = {};
  for (const [path, option] of Object.entries(nodeOptions)) {
    const value = inNodeTerms(option, valueAt(cluster, path));
    const fallback = inNodeTerms(option, schemaAt(path).default);
    if (value !== undefined && JSON.stringify(value) !== JSON.stringify(fallback)) values[option] = value;
  }
  return values;
}

function valueAt(cluster: ShortLinkCluster, path: string): unknown {
  let at: unknown = cluster;
  for (const name of path.split('.')) at = isFields(at) ? at[name] : undefined;
  return at;
}

function schemaAt(path: string): Schema {
  let at: Schema | undefined = shortLinkClusterSchema;
  for (const name of path.split('.')) at = at?.properties?.[name];
  assert(at !== undefined, `${path} is a field of the schema`);
  return at;
}

/** Units are the last word of an option's name. */
function inNodeTerms(option: string, value: unknown): NodeOptionValue | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string') return value as NodeOptionValue;
  if (option === 'objectStore.pathStyle') return pathStyles[value];
  if (/(?:Bytes|bytesPerSecond)$/.test(option)) return quantityBytes(value);
  return option.endsWith('Ms') ? durationMs(value) : value;
}
