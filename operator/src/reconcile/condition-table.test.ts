// SPDX-License-Identifier: Apache-2.0
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { conditionTable } from './condition-table.ts';
import { eventTable } from './event-table.ts';

const operator = dirname(dirname(import.meta.dirname));
const crd = join(dirname(operator), 'crds', 'shortlink.dev_shortlinkclusters.yaml');
const tables = ['condition-table.ts', 'event-table.ts'];

/** The compiler lets nobody write a condition or plan an action that the tables lack; this is the other direction. */
const sources = globSync('src/{plan,ports,reconcile}/**/*.ts', { cwd: operator })
  .filter((path) => !/\.test\.ts$|\/testing\//.test(path) && !tables.some((table) => path.endsWith(table)))
  .map((path) => readFileSync(join(operator, path), 'utf8'))
  .join('\n');

describe('the table of conditions', () => {
  it('has no type and no reason that nobody writes', () => {
    const words = Object.entries(conditionTable).flatMap(([type, { reasons }]) => [type, ...Object.keys(reasons)]);
    expect(words.filter((word) => !sources.includes(`'${word}'`))).toEqual([]);
  });

  it('has the types that the CustomResourceDefinition names, and no other', () => {
    const named = /How the cluster is, each with a reason: ([A-Za-z, ]+)\./.exec(readFileSync(crd, 'utf8'))?.[1];
    expect(named?.split(', ').toSorted()).toEqual(Object.keys(conditionTable).toSorted());
  });

  it('says what to do about everything that is not as it should be', () => {
    const { Ready, Degraded, UploadsHealthy, CertificatesValid } = conditionTable;
    const bad = [
      ...Object.entries(Ready.reasons).filter(([, { status }]) => status === 'False'),
      ...Object.entries(Degraded.reasons).filter(([, { status }]) => status === 'True'),
      ...Object.entries(UploadsHealthy.reasons).filter(([, { status }]) => status === 'False'),
      ...Object.entries(CertificatesValid.reasons).filter(([, { status }]) => status === 'False'),
    ];
    expect(bad.filter(([, { todo }]) => todo === '')).toEqual([]);
  });
});

describe('the table of events', () => {
  it('has no action that nobody plans', () => {
    expect(Object.keys(eventTable).filter((kind) => !sources.includes(`kind: '${kind}'`))).toEqual([]);
  });
});
