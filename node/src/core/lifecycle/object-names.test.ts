// SPDX-License-Identifier: Apache-2.0
import { checkObjectName } from '@shortlink/common/object-name.ts';
import { expect, it } from 'vitest';
import { chunkName, chunkPrefix, parseChunkName } from './object-names.ts';

const cluster = '00000000-0000-4000-8000-000000000001';
const parts = { generation: 3, index: 9_007_199_254_740_991, term: 5 };
const random = '0123456789abcdef';

it('the name of a chunk tells which entry it belongs to', () => {
  const name = chunkName(cluster, 7, parts, random);
  expect(name).toBe(`${chunkPrefix(cluster, 7)}0000000000000003-9007199254740991-0000000000000005-${random}.chunk`);
  expect(checkObjectName(name)).toBeUndefined();
  expect(parseChunkName(cluster, 7, name)).toEqual(parts);
});

it('names of other shards, and of what is no chunk, say nothing', () => {
  const name = chunkName(cluster, 7, parts, random);
  const others = [chunkName(cluster, 8, parts, random), `${name}x`, name.replace('chunk', 'junk'), `${name}/x`];
  expect(others.map((other) => parseChunkName(cluster, 7, other))).toEqual(others.map(() => undefined));
});
