// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Json, type JsonMap, isEqual, without } from '../objects/json.ts';
import { type Manager, afterApply, afterUpdate } from './managed-fields.ts';
import { type Schema, fields, mapList, setList } from './schema.ts';

const schema: Schema = fields({
  spec: fields({
    ports: mapList(['port', 'protocol'], { protocol: { default: 'TCP' } }),
    names: setList,
    whole: { 'x-kubernetes-map-type': 'atomic' },
  }),
});

function applier(manager: string): Manager {
  return { manager, operation: 'Apply', subresource: undefined };
}

const updater: Manager = { manager: 'client', operation: 'Update', subresource: undefined };

function object(spec: JsonMap): JsonMap {
  return { apiVersion: 'v1', kind: 'Test', metadata: { name: 'x' }, spec };
}

function apply(live: JsonMap | undefined, manager: string, spec: JsonMap, force = false): JsonMap {
  const outcome = afterApply(live, object(spec), { by: applier(manager), force, schema });
  if ('conflicts' in outcome) throw new Error(JSON.stringify(outcome.conflicts));
  return outcome.object;
}

function update(live: JsonMap, spec: JsonMap): JsonMap {
  return afterUpdate(live, { ...live, spec }, updater, schema);
}

describe('apply', () => {
  test('merges items of a list by their keys, with defaults of keys, in the order of who applies', () => {
    const live = apply(undefined, 'a', { ports: [{ port: 1 }, { port: 2, name: 'two' }] });
    const after = apply(live, 'b', { ports: [{ port: 3 }, { port: 2, protocol: 'TCP', extra: 'x' }] });
    expect(after['spec']).toEqual({
      ports: [{ port: 3 }, { port: 1 }, { port: 2, protocol: 'TCP', name: 'two', extra: 'x' }],
    });
  });

  test('unites sets, and takes back what its manager put there', () => {
    const live = apply(apply(undefined, 'a', { names: ['x', 'y'] }), 'b', { names: ['z', 'y'] });
    expect(live['spec']).toEqual({ names: ['z', 'x', 'y'] });
    expect(apply(live, 'a', { names: [] })['spec']).toEqual({ names: ['z', 'y'] });
  });

  test('takes a map that is one piece as one piece', () => {
    const live = apply(undefined, 'a', { whole: { p: '1', q: '2' } });
    expect(apply(live, 'a', { whole: { q: '3' } })['spec']).toEqual({ whole: { q: '3' } });
    expect(() => apply(live, 'b', { whole: { p: '1' } })).toThrow('.spec.whole');
  });

  test('removes an item with all fields that nobody else owns, and keeps those that somebody does', () => {
    const live = update(apply(undefined, 'a', { ports: [{ port: 1, name: 'one' }] }), {
      ports: [{ port: 1, name: 'one', node: 7 }],
    });
    expect(apply(live, 'a', { ports: [] })['spec']).toEqual({ ports: [{ node: 7 }] });
    const defaulted = apply(undefined, 'a', { ports: [{ port: 1 }] });
    const filled = { ...defaulted, spec: { ports: [{ port: 1, protocol: 'TCP' }] } };
    expect(apply(filled, 'a', { ports: [] })['spec']).toEqual({ ports: [] });
  });

  test('names the manager and the field of a conflict', () => {
    const live = apply(undefined, 'a', { ports: [{ port: 1, name: 'one' }] });
    expect(() => apply(live, 'b', { ports: [{ port: 1, name: 'uno' }] })).toThrow(
      '.spec.ports[port=1,protocol=\\"TCP\\"].name',
    );
  });

  test('with force takes the field over', () => {
    const live = apply(apply(undefined, 'a', { n: 1, m: 1 }), 'b', { n: 2 }, true);
    expect(live['spec']).toEqual({ n: 2, m: 1 });
    expect(apply(live, 'a', {})['spec']).toEqual({ n: 2 });
  });

  test('finds a conflict with a field that was written by an update', () => {
    const live = update(apply(undefined, 'a', { n: 1 }), { n: 2 });
    expect(() => apply(live, 'a', { n: 1 })).toThrow('client');
    expect(apply(live, 'a', { n: 1 }, true)['spec']).toEqual({ n: 1 });
  });
});

const value: fc.Arbitrary<Json> = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constantFrom('a', 'b'));
const port = fc.record({ port: fc.integer({ min: 1, max: 3 }), name: value }, { requiredKeys: ['port'] });
const spec: fc.Arbitrary<JsonMap> = fc.record(
  {
    n: value,
    deep: fc.dictionary(fc.constantFrom('p', 'q'), value),
    ports: fc.uniqueArray(port, { selector: (one) => one.port, maxLength: 3 }),
  },
  { requiredKeys: [] },
);

describe('whatever is applied', () => {
  test('a second time changes nothing', () => {
    fc.assert(
      fc.property(spec, spec, spec, (other, first, second) => {
        const live = apply(apply(apply(undefined, 'other', other), 'me', first, true), 'me', second, true);
        expect(apply(live, 'me', second)).toEqual(live);
      }),
    );
  });

  test('is there afterwards', () => {
    fc.assert(
      fc.property(spec, spec, (other, mine) => {
        const live = apply(apply(undefined, 'other', other), 'me', mine, true);
        const again = afterApply(live, object(mine), { by: applier('me'), force: false, schema });
        expect(again).not.toHaveProperty('conflicts');
        for (const name of ['n', 'deep']) {
          if (mine[name] !== undefined)
            expect((live['spec'] as JsonMap)[name]).toMatchObject({ v: mine[name] }.v as object);
        }
      }),
    );
  });

  test('and then not any more leaves no trace where nobody else was', () => {
    fc.assert(
      fc.property(spec, (mine) => {
        const gone = apply(apply(undefined, 'me', mine), 'me', {});
        expect(isEqual(without(gone, ['metadata'])['spec'] ?? {}, {})).toBe(true);
      }),
    );
  });
});
