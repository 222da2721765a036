// SPDX-License-Identifier: Apache-2.0
import { fetchTarball, packageFiles } from '../../../e2e/load-real/input/packages.ts';
import { urlsOf } from '../../../e2e/load-real/input/url-stream.ts';
import type { Link } from '../../../node/src/core/statemachine/commands.ts';
import { seededRandom } from '../load/rows.ts';

const seed = 20_261_128;
const creators = 10_000;
const firstMs = Date.UTC(2026, 0, 1);
const yearMs = 365 * 86_400_000;
const digits = '0123456789abcdefghijklmnopqrstuvwxyz';
const codeLength = 8;

/** The URLs of a package, each once: all of them, or as many at even distances. */
export async function realUrls(folder: string, count: number): Promise<readonly string[]> {
  const spec = packageFiles.repositories;
  const urls = new Set<string>();
  for await (const url of urlsOf(await fetchTarball(spec, folder), spec)) urls.add(url);
  const all = [...urls];
  if (count >= all.length) return all;
  return Array.from({ length: count }, (_, i) => all[Math.floor((i * all.length) / count)] ?? '');
}

/**
 * A link for each URL as a shard would have it after a year: random codes, revisions that rise with the time, times at
 * random over the year, 10,000 creators. In the order of creation; the same ones in every run.
 */
export function linksOf(urls: readonly string[]): Link[] {
  const random = seededRandom(seed);
  const times = Float64Array.from(urls, () => firstMs + Math.floor(random() * yearMs)).sort();
  return urls.map((url, i) => {
    const createdAtMs = times[i] ?? firstMs;
    return {
      code: Array.from({ length: codeLength }, () => digits[Math.floor(random() * digits.length)]).join(''),
      url,
      creatorId: `creator-${Math.floor(random() * creators)}`,
      createdAtMs,
      updatedAtMs: createdAtMs,
      expiresAtMs: undefined,
      disabled: false,
      createRevision: i + 1,
      revision: i + 1,
    };
  });
}
