// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readSource, root, sourceFiles } from './tree.ts';

const pages = sourceFiles().filter((path) => path.endsWith('.md'));

/** The anchors that GitHub makes of the headings of a page. */
function anchorsOf(page: string): Set<string> {
  const headings = [...readSource(page).matchAll(/^#{1,6}\s+(.+)$/gm)].map((match) => match[1] ?? '');
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replaceAll(/\s/g, '-'),
    ),
  );
}

function withoutCode(text: string): string {
  return text.replaceAll(/^```[\s\S]*?^```/gm, '').replaceAll(/`[^`\n]*`/g, '');
}

function deadLinks(page: string): string[] {
  const links = [...withoutCode(readSource(page)).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '');
  return links
    .filter((link) => !/^[a-z]+:/.test(link))
    .filter((link) => {
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? page : join(dirname(page), file);
      if (!existsSync(join(root, target))) return true;
      return anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).has(anchor);
    })
    .map((link) => `${page}: ${link}`);
}

test('links between pages lead somewhere', () => {
  expect(pages.flatMap(deadLinks)).toEqual([]);
});

describe.each(['docs/ARCHITECTURE.md', 'docs/spec/chunk-lifecycle.md', 'docs/spec/manifest.md'])('%s', (page) => {
  const invariants = (): string[] =>
    readSource(page)
      .split(/\n(?=\s*(?:[-*]|\d+\.)?\s*\**Invariant\b)|\n\n/)
      .filter((paragraph) => /^\s*(?:[-*]|\d+\.)?\s*\**Invariant\b/.test(paragraph));

  test('states invariants, and each names a check that exists', () => {
    const scripts = readSource('package.json');
    const unchecked = invariants().filter((text) => {
      const named = [...text.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');
      return !named.some((name) => isCheck(name, scripts));
    });
    expect(invariants()).not.toEqual([]);
    expect(unchecked).toEqual([]);
  });
});

/** A test file, a configuration that a checker reads, or a script that npm runs. */
function isCheck(name: string, scripts: string): boolean {
  const script = /^npm run (?:-s )?([\w:-]+)/.exec(name)?.[1];
  if (script !== undefined) return scripts.includes(`"${script}":`);
  return /\.(?:test|e2e)\.ts$|tsconfig\.json$|\.oxlintrc\.json$|\/sim\//.test(name) && existsSync(join(root, name));
}
