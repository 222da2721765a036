// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { readCluster } from './read-cluster.ts';
import { formatSchemaProblem } from './validate.ts';

const least = {
  apiVersion: 'shortlink.dev/v1alpha1',
  kind: 'ShortLinkCluster',
  metadata: { name: 'links', labels: { team: 'a' } },
  spec: { storage: { size: '1Gi' } },
};

function problemsOf(written: unknown): string[] {
  const read = readCluster(written);
  return 'problems' in read ? read.problems.map(formatSchemaProblem) : [];
}

describe('a ShortLinkCluster', () => {
  test('needs the size of its volumes, and has a default for all else', () => {
    const read = readCluster(least);
    if ('problems' in read) throw new Error(read.problems.map(formatSchemaProblem).join('; '));
    expect(read.cluster).toMatchObject({
      metadata: least.metadata,
      spec: {
        replicas: 3,
        storage: { size: '1Gi' },
        shards: { initial: 1, replicas: 3 },
        chunks: { sealAfterSize: '256Mi', redundancy: 2 },
        ring: { suspectAfter: '5s', downAfter: '15s', outAfter: '10m', brakePercent: 34 },
        resources: { requests: { cpu: '250m', memory: '1Gi' } },
        scheduling: { zoneSpread: 'Preferred', hostSpread: 'Preferred' },
        services: { redirect: { type: 'ClusterIP' }, api: { type: 'ClusterIP' } },
        tls: { mode: 'Managed', duration: '2160h', renewBefore: '720h' },
        monitoring: { podMonitor: { enabled: false, interval: '30s' } },
        fencedNodes: [],
        drainedNodes: [],
        deletionPolicy: 'Retain',
      },
    });
    expect(problemsOf({ ...least, spec: {} })).toEqual(['spec.storage: is required']);
  });

  test('may set one field of an object, and has the defaults of the others', () => {
    const read = readCluster({ ...least, spec: { ...least.spec, ring: { outAfter: '1h' } } });
    expect(read).toMatchObject({ cluster: { spec: { ring: { outAfter: '1h', downAfter: '15s' } } } });
  });

  test.each([
    [
      { ...least, kind: 'ShortlinkCluster' },
      'kind: "ShortlinkCluster" is not one of ShortLinkCluster; did you mean ShortLinkCluster?',
    ],
    [{ ...least, apiVersion: 'v1' }, 'apiVersion: "v1" is not one of shortlink.dev/v1alpha1'],
    [{ ...least, metadata: {} }, 'metadata.name: is required'],
    [{ ...least, specs: {} }, 'specs: is no field of this resource; did you mean spec?'],
    [
      { ...least, spec: { ...least.spec, chunks: { sealAfterBytes: '1Gi' } } },
      'spec.chunks.sealAfterBytes: is no field of this resource; did you mean sealAfterSize?',
    ],
    [
      { ...least, spec: { ...least.spec, ring: { outAfter: '10 min' } } },
      'spec.ring.outAfter: "10 min" is not a time with its unit, such as 500ms, 30s, 5m, 2h or 1h30m',
    ],
    ['replicas: 3', '"replicas: 3" is not an object with fields'],
  ])('%j is refused: %s', (written, problem) => {
    expect(problemsOf(written)).toEqual([problem]);
  });
});
