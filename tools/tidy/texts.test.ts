// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { isGenerated, readSource, sourceFiles } from './tree.ts';

const maxLines = 400;

const ours = sourceFiles().filter((path) => !isGenerated(path));
const code = ours.filter((path) => path.endsWith('.ts'));

/** `path:line text` for every line that matches. */
function linesMatching(paths: readonly string[], pattern: RegExp): string[] {
  return paths.flatMap((path) =>
    readSource(path)
      .split('\n')
      .flatMap((line, i) => (pattern.test(line) ? [`${path}:${i + 1} ${line.trim().slice(0, 120)}`] : [])),
  );
}

describe('texts', () => {
  test('of code begin with the SPDX line, after the line of their interpreter', () => {
    const scripts = ours.filter(
      (path) => path.endsWith('.proto') || /^(?:node\/bin|operator\/bin|tools\/bin|\.ci)\//.test(path),
    );
    const without = [...code, ...scripts, 'Makefile'].filter((path) => {
      const lines = readSource(path).split('\n');
      const first = lines[0]?.startsWith('#!') === true ? lines[1] : lines[0];
      return !/^(?:\/\/|#) SPDX-License-Identifier: Apache-2\.0$/.test(first ?? '');
    });
    expect(without).toEqual([]);
  });

  test(`of code have at most ${maxLines} lines`, () => {
    const long = code.filter((path) => readSource(path).trimEnd().split('\n').length > maxLines);
    expect(long).toEqual([]);
  });

  test('leave nothing for later', () => {
    // Classes of one character, so that the line does not find itself.
    const later = /\b(?:TOD[O]|FIXM[E]|XX[X]|HAC[K])\b/;
    expect(linesMatching(ours, later)).toEqual([]);
  });

  test('switch no check off', () => {
    const escape = /@t[s]-(?:ignore|nocheck|expect-error)|lin[t]-disable|\bas unknow[n] as\b/;
    expect(linesMatching(code, escape)).toEqual([]);
  });

  test('name no path of one machine and no host of a package registry', () => {
    const path = /(?:^|[^a-z])\/(?:wor[k]|far[m]|roo[t]|hom[e]\/[a-z]+)\//;
    const host = /(?:^|[^a-z.])(?:registry|proxy|deb|index|files)\.[a-z]+\.(?:org|io|net)/;
    expect([...linesMatching(sourceFiles(), path), ...linesMatching(ours, host)]).toEqual([]);
  });
});

describe('the lock file', () => {
  test('takes packages from the default registry only', () => {
    const lock: unknown = JSON.parse(readSource('package-lock.json'));
    const hosts = new Set(resolvedHosts(lock));
    hosts.delete(['registry', 'npmjs', 'org'].join('.'));
    expect([...hosts]).toEqual([]);
  });
});

function resolvedHosts(lock: unknown): string[] {
  if (typeof lock !== 'object' || lock === null) return [];
  return Object.entries(lock).flatMap(([key, value]: [string, unknown]) => {
    if (key === 'resolved' && typeof value === 'string') return value.startsWith('http') ? [new URL(value).host] : [];
    return resolvedHosts(value);
  });
}
