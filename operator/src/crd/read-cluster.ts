// SPDX-License-Identifier: Apache-2.0
import { withDefaults } from './defaults.ts';
import { shortLinkClusterSchema } from './shortlink-cluster-schema.gen.ts';
import type { ShortLinkCluster } from './shortlink-cluster.gen.ts';
import { schemaProblems, type SchemaProblem } from './validate.ts';

/**
 * A ShortLinkCluster as somebody wrote it, with its defaults: what the API server would store, but for its CEL rules.
 * `problems` says all that is wrong.
 */
export function readCluster(
  written: unknown,
): { readonly cluster: ShortLinkCluster } | { readonly problems: readonly SchemaProblem[] } {
  const filled = withDefaults(shortLinkClusterSchema, written);
  const problems = schemaProblems(shortLinkClusterSchema, filled);
  return problems.length === 0 ? { cluster: filled as ShortLinkCluster } : { problems };
}

/** An object as the API server gave it, with the defaults of fields that its CustomResourceDefinition, being older, does not know. */
export function storedCluster(stored: unknown): ShortLinkCluster {
  return withDefaults(shortLinkClusterSchema, stored) as ShortLinkCluster;
}
