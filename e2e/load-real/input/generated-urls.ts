// SPDX-License-Identifier: Apache-2.0

/** Numbers in [0, 1) from a seed (Mulberry32), so that every run has the same URLs. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const sources = ['newsletter', 'search', 'social', 'partner', 'print'];
const names = ['ref', 'q', 'page', 'lang', 'session', 'item', 'sort', 'campaign'];
const maxParameters = 6;

/** URLs with query strings, some of them not ASCII: the packages have nearly none of either. */
export function* generatedUrls(count: number, seed: number): Generator<string> {
  const random = seededRandom(seed);
  const pick = (from: readonly string[]): string => from[Math.floor(random() * from.length)] ?? '';
  const token = (): string => Math.floor(random() * 36 ** 6).toString(36);
  for (let i = 0; i < count; i++) {
    const query = [`utm_source=${pick(sources)}`];
    const parameters = Math.floor(random() * maxParameters);
    for (let p = 0; p < parameters; p++) query.push(`${pick(names)}${p}=${token()}%20${token()}`);
    if (random() < 0.1) query.push(`q=${token()} café&b=ü`);
    yield `https://shop-${Math.floor(random() * 5000)}.example.com/${token()}/${i}?${query.join('&')}`;
  }
}
