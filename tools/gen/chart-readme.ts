// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMap, isScalar, parseDocument, type YAMLMap } from 'yaml';
import type { Generated } from './generated.ts';
import { code, page, table } from './markdown.ts';

interface Value {
  readonly path: string;
  readonly fallback: string;
  readonly meaning: string;
}

export interface ChartText {
  readonly name: string;
  readonly title: string;
  readonly intro: readonly string[];
}

/** The README of a chart: what it is for, and the table of its values, out of the comments of values.yaml. */
export function chartReadme(root: string, { name, title, intro }: ChartText): Generated {
  const source = `charts/${name}/values.yaml`;
  const document = parseDocument(readFileSync(join(root, source), 'utf8'));
  if (!isMap(document.contents)) throw new Error(`${source} is no map`);
  const rows = valuesOf(document.contents, '').map(({ path, fallback, meaning }) => [
    code(path),
    code(fallback),
    meaning,
  ]);
  const text = page(title, source, [...intro, '## Values', table(['value', 'default', 'meaning'], rows)]);
  return { path: `charts/${name}/README.md`, text };
}

/** A value that has a comment is one row; a map without one is looked into. */
function valuesOf(map: YAMLMap, prefix: string): Value[] {
  return map.items.flatMap((pair, i): Value[] => {
    const { key, value } = pair;
    if (!isScalar(key)) return [];
    const path = `${prefix}${String(key.value)}`;
    // The parser gives the comment before the first key to the map.
    const comment = key.commentBefore ?? (i === 0 && prefix !== '' ? map.commentBefore : undefined);
    // What stands before an empty line is about the whole file.
    const [own = ''] = (comment ?? '').split(/\n\s*\n/).slice(-1);
    const meaning = own
      .split('\n')
      .map((line) => line.trim())
      .join(' ');
    if (meaning !== '') return [{ path, fallback: fallbackOf(value), meaning }];
    if (!isMap(value)) throw new Error(`the value ${path} has no comment`);
    return valuesOf(value, `${path}.`);
  });
}

function fallbackOf(value: unknown): string {
  const json: unknown = isMap(value) || isScalar(value) ? value.toJSON() : (value as { toJSON(): unknown }).toJSON();
  return JSON.stringify(json);
}
