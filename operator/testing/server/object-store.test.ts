// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { configMap, configMaps } from '../conformance/fixtures.ts';
import { ObjectStore } from './object-store.ts';

function put(store: ObjectStore, name: string, n: string): number {
  store.put(configMaps, configMap(name, { namespace: 'x' }, { n }));
  return store.revision;
}

function textAt(store: ObjectStore, revision: number): string {
  return store
    .allAt(configMaps, revision)
    .map((one) => `${one.metadata.name}${(one as ReturnType<typeof configMap>).data?.['n']}`)
    .join();
}

test('shows every state that is not forgotten', () => {
  const store = new ObjectStore(100);
  const states: [number, string][] = [[store.revision, '']];
  const note = (text: string): number => states.push([store.revision, text]);
  put(store, 'b', '1');
  note('b1');
  put(store, 'a', '1');
  note('a1,b1');
  put(store, 'b', '2');
  note('a1,b2');
  store.remove(configMaps, { namespace: 'x', name: 'a' });
  note('b2');
  put(store, 'a', '3');
  note('a3,b2');
  for (const [revision, text] of states) expect(textAt(store, revision)).toBe(text);
});

test('has an event for every revision, and forgets the oldest ones', () => {
  const store = new ObjectStore(10);
  const first = put(store, 'a', '0');
  expect(store.eventAfter(first - 1)).toMatchObject({ revision: first, before: undefined });
  expect(store.eventAfter(first)).toBeUndefined();
  for (let i = 1; i <= 10; i++) put(store, 'a', `${i}`);
  expect(store.forgotten).toBeGreaterThan(first);
  const rest = store.eventsAfter(store.forgotten);
  expect(rest.map((one) => one.revision)).toEqual(
    Array.from({ length: store.revision - store.forgotten }, (_each, i) => store.forgotten + 1 + i),
  );
  expect(store.eventAfter(store.revision - 1)).toMatchObject({ revision: store.revision });
  store.compact();
  expect([store.forgotten, store.eventsAfter(0)]).toEqual([store.revision, []]);
});

test('tells of changes, and of nothing that changed nothing', () => {
  const store = new ObjectStore(10);
  let told = 0;
  const stop = store.onChange(() => told++);
  put(store, 'a', '1');
  store.remove(configMaps, { namespace: 'x', name: 'b' });
  stop();
  put(store, 'a', '2');
  expect(told).toBe(1);
});
