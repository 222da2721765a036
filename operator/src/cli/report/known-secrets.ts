// SPDX-License-Identifier: Apache-2.0
import type { ShortLinkCluster } from '../../crd/shortlink-cluster.gen.ts';
import { isFields } from '../../crd/schema.ts';
import { objectNames } from '../../desired/names.ts';
import { resources } from '../../desired/resources.ts';
import type { PodObject } from '../../reconcile/kube-views.ts';
import { isForbidden } from '../failures.ts';
import type { Session } from '../session.ts';

export interface KnownSecrets {
  /** For nobody's eyes: only to find them elsewhere. */
  readonly values: readonly string[];
  /** Which there are, and with which keys. */
  readonly inventory: readonly { readonly name: string; readonly keys: readonly string[] }[];
  readonly warnings: readonly string[];
}

/** The values of all Secrets that the cluster and its pods name, so that they can be taken out of everything else. */
export async function readKnownSecrets(
  { kube }: Session,
  cluster: ShortLinkCluster,
  pods: readonly PodObject[],
  signal: AbortSignal,
): Promise<KnownSecrets> {
  const { name, namespace } = cluster.metadata;
  const { adminToken, authority, nodesTls } = objectNames(name);
  const names = [
    ...new Set([adminToken, authority, nodesTls, ...namesIn(cluster.spec), ...pods.flatMap(namesIn)]),
  ].toSorted();
  const values: string[] = [];
  const inventory: { readonly name: string; readonly keys: readonly string[] }[] = [];
  const warnings: string[] = [];
  for (const one of names) {
    try {
      const found = await kube.get(resources.secret, { namespace, name: one }, signal);
      const data = found !== undefined && 'data' in found && isFields(found.data) ? found.data : {};
      if (found !== undefined) inventory.push({ name: one, keys: Object.keys(data) });
      for (const [key, value] of Object.entries(data)) if (!key.endsWith('.crt')) values.push(...decoded(value));
    } catch (error) {
      if (!isForbidden(error)) throw error;
      warnings.push(`you may not read Secret ${one}: its values were looked for by their form only`);
    }
  }
  return { values, inventory, warnings };
}

/** What `secretName: …`, `secretRef: {name: …}`, `imagePullSecrets: [{name: …}]` and their like name, at any depth. */
function namesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(namesIn);
  if (!isFields(value)) return [];
  return Object.entries(value).flatMap(([field, part]) => {
    if (field === 'secretName' && typeof part === 'string') return [part];
    const isReference = /secret(?:Key)?(?:Ref)?s?$/i.test(field);
    const named = isReference ? [part].flat().flatMap((one) => (isFields(one) ? [one['name']] : [])) : [];
    return [...named.filter((one) => typeof one === 'string'), ...namesIn(part)];
  });
}

/** The value, and what is in it where it is JSON, as credentials of registries are. */
function decoded(base64: unknown): string[] {
  if (typeof base64 !== 'string') return [];
  const text = Buffer.from(base64, 'base64').toString('utf8');
  try {
    return [text, ...leaves(JSON.parse(text))];
  } catch {
    return [text];
  }
}

function leaves(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(leaves) : [];
}
