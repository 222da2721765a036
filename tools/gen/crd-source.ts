// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { DescribedSchema } from '../../operator/src/crd/schema.ts';

export const crdPath = 'crds/shortlink.dev_shortlinkclusters.yaml';

interface Definition {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly {
      readonly name: string;
      readonly schema: { readonly openAPIV3Schema: DescribedSchema };
    }[];
  };
}

/** What a ShortLinkCluster may be: the schema that is written, with what the API server knows of every object by itself. */
export function readCrd(root: string): DescribedSchema {
  const { spec } = parse(readFileSync(join(root, crdPath), 'utf8')) as Definition;
  const [version] = spec.versions;
  if (version === undefined) throw new Error(`${crdPath} has no version`);
  const schema = version.schema.openAPIV3Schema;
  const { properties = {}, required = [] } = schema;
  return {
    ...schema,
    required: ['apiVersion', 'kind', 'metadata', ...required],
    properties: {
      ...properties,
      apiVersion: { ...properties['apiVersion'], enum: [`${spec.group}/${version.name}`] },
      kind: { ...properties['kind'], enum: [spec.names.kind] },
      metadata: {
        type: 'object',
        description:
          'Name, namespace, labels and annotations. The name begins the names of all that belongs to the cluster.',
        required: ['name'],
        properties: { name: { type: 'string', description: 'Name of the cluster.', minLength: 1 } },
        'x-kubernetes-preserve-unknown-fields': true,
      },
    },
  };
}
