// SPDX-License-Identifier: Apache-2.0
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { nodeOptionValues } from './node-option-values.ts';
import { nodeOptions } from './node-options.ts';
import { readCluster } from './read-cluster.ts';
import { readFixture } from './testing/rule-cases.ts';

const root = dirname(dirname(dirname(import.meta.dirname)));

function valuesOf(written: unknown): Readonly<Record<string, unknown>> {
  const read = readCluster(written);
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  return nodeOptionValues(read.cluster);
}

function valuesOfSpec(spec: object): Readonly<Record<string, unknown>> {
  const { spec: least, ...rest } = readFixture(root, 'minimal.yaml');
  return valuesOf({ ...rest, spec: { ...(least as object), objectStore: undefined, ...spec } });
}

describe('the options of the nodes', () => {
  test('are those of the object store only, of the least object', () => {
    expect(valuesOf(readFixture(root, 'minimal.yaml'))).toEqual({
      'objectStore.url': 's3://bucket/prefix',
      'objectStore.endpoint': 'http://s3.example.com:7070',
      'objectStore.region': 'eu-central-1',
    });
  });

  test('have all a value, when no field has its default', () => {
    const values = valuesOf(readFixture(root, 'full.yaml'));
    expect(Object.keys(values)).toEqual(Object.values(nodeOptions));
    expect(values).toMatchObject({
      'objectStore.pathStyle': 'false',
      'shards.initial': 4,
      'chunks.sealAfterBytes': 128 * 2 ** 20,
      'chunks.bytesPerSecond': 64 * 2 ** 20,
      'ring.outAfterMs': 30 * 60_000,
      'links.ownHosts': ['go.example.com', 'links.example.com:8443'],
      'redirect.maxAgeSeconds': 0,
      'log.level': 'debug',
    });
  });

  test('are the same whether a default is named or not, and however it is written', () => {
    const written = {
      ring: { downAfter: '15000ms' },
      chunks: { sealAfterSize: '262144Ki' },
      links: { schemes: ['http', 'https'] },
    };
    expect(valuesOfSpec(written)).toEqual(valuesOfSpec({}));
  });
});
