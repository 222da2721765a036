// SPDX-License-Identifier: Apache-2.0
import { nodeOptions } from '../../operator/src/crd/node-options.ts';
import type { DescribedSchema, Rule } from '../../operator/src/crd/schema.ts';
import { crdPath } from './crd-source.ts';
import { code, page, table } from './markdown.ts';

const before = `The resource of a cluster: group \`shortlink.dev\`, version \`v1alpha1\`, kind \`ShortLinkCluster\`, short name \`slc\`.
This is enough; everything else has a default:`;

const after = `Times are numbers with units (\`500ms\`, \`30s\`, \`5m\`, \`1h30m\`), sizes are quantities (\`64Mi\`, \`1Gi\`). Where a field becomes an
[option](configuration.md) of the nodes, the option is named. The API server holds all rules; \`kubectl explain slc.spec\`
says the same as this page.`;

const options: Readonly<Record<string, string>> = nodeOptions;

/** `example` is the least object, in YAML. */
export function clusterPage(schema: DescribedSchema, example: string): string {
  const { spec = {}, status = {} } = schema.properties ?? {};
  const yaml = [
    '```yaml',
    ...example
      .trim()
      .split('\n')
      .filter((line) => !line.startsWith('#')),
    '```',
  ].join('\n');
  const rules = ruleList(schema);
  const names = rules === '' ? [] : [`## The object\n\n${rules}`];
  return page('ShortLinkCluster', crdPath, [
    before,
    yaml,
    after,
    ...names,
    ...sections('spec', spec),
    ...sections('status', status),
  ]);
}

/** One for each object that has fields of its own, in the order of the fields. */
function sections(path: string, schema: DescribedSchema): string[] {
  const fields = Object.entries(schema.properties ?? {});
  const rows = fields.map(([name, own]) => row(path, name, own, schema));
  const rules = ruleList(schema);
  const head = ['field', 'type', 'default', 'values', 'meaning'];
  const own = [`## ${path}`, schema.description ?? '', table(head, rows), ...(rules === '' ? [] : [rules])].join(
    '\n\n',
  );
  const inner = fields.flatMap(([name, field]) => {
    const [at, object] = objectOf(`${path}.${name}`, field);
    return hasSection(object) ? sections(at, object) : [];
  });
  return [own, ...inner];
}

function row(path: string, name: string, own: DescribedSchema, parent: DescribedSchema): string[] {
  const isRequired = (parent.required ?? []).includes(name);
  const fallback = isRequired ? 'required' : defaultOf(own);
  const option = options[`${path}.${name}`];
  const meaning = [own.description ?? '', ...(option === undefined ? [] : [`Option \`${option}\`.`])].join(' ');
  return [code(name), typeOf(`${path}.${name}`, own), fallback, valuesOf(own), meaning];
}

function typeOf(path: string, schema: DescribedSchema): string {
  if (schema.type === 'array') return `list of ${typeOf(`${path}[]`, schema.items ?? {})}`;
  if (schema.type === 'object') return objectType(path, schema);
  if (schema['x-kubernetes-int-or-string'] === true) return 'quantity';
  if (schema.type !== 'string') return schema.type ?? '';
  if (schema.format === 'date-time') return 'date and time';
  if (schema.pattern?.includes('(ms|s|m|h)') === true) return 'time';
  return schema.pattern?.includes('Ki|Mi|Gi|Ti') === true ? 'size' : 'text';
}

function objectType(path: string, schema: DescribedSchema): string {
  if (hasSection(schema)) return `[object](#${path.toLowerCase().replaceAll(/[^a-z0-9]/g, '')})`;
  if (schema.properties !== undefined) return code(`{ ${Object.keys(schema.properties).join(', ')} }`);
  return schema.additionalProperties === undefined
    ? 'as in a pod'
    : `map of ${typeOf(path, schema.additionalProperties)}`;
}

/** References, which have nothing but a name, are explained by who refers. */
function hasSection({ properties }: DescribedSchema): boolean {
  return properties !== undefined && Object.keys(properties).join() !== 'name';
}

/** The objects of a list, or the object itself. */
function objectOf(path: string, schema: DescribedSchema): readonly [string, DescribedSchema] {
  return schema.items === undefined ? [path, schema] : objectOf(`${path}[]`, schema.items);
}

function defaultOf(schema: DescribedSchema): string {
  const { default: value } = schema;
  if (value === undefined) return '';
  if (typeof value === 'object' && schema.properties !== undefined && hasSection(schema)) {
    const isBelow = Object.keys(value ?? {}).every((name) => schema.properties?.[name]?.default !== undefined);
    if (isBelow) return '';
  }
  return code(typeof value === 'string' ? value : JSON.stringify(value));
}

function valuesOf(schema: DescribedSchema): string {
  const { minimum, maximum, minItems, maxItems } = schema;
  const parts = [
    schema.enum?.join(', '),
    minimum === undefined && maximum === undefined ? undefined : `${minimum ?? ''} … ${maximum ?? ''}`,
    minItems === undefined ? undefined : `at least ${minItems} item`,
    maxItems === undefined ? undefined : `at most ${maxItems} items`,
    ...(schema.properties === undefined
      ? (schema['x-kubernetes-validations'] ?? []).map(({ message }) => message)
      : []),
  ];
  return parts.filter((part) => part !== undefined).join('; ');
}

function ruleList(schema: DescribedSchema): string {
  const words = ({ fieldPath = '', message }: Rule): string =>
    fieldPath === '' ? `- ${message}` : `- ${code(fieldPath.slice(1))} ${message}`;
  const rules = schema.properties === undefined ? [] : (schema['x-kubernetes-validations'] ?? []);
  return rules.length === 0 ? '' : ['Rules:', '', ...rules.map(words)].join('\n');
}
