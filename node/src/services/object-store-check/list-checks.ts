// SPDX-License-Identifier: Apache-2.0
import { limits } from '@shortlink/common/limits.ts';
import { broken, kept, type Bench, type Finding } from './bench.ts';

const body = Uint8Array.of(1);

/** Lists show what was created, and not what was deleted, as soon as the call has returned. */
export async function checkLists(bench: Bench): Promise<Finding> {
  const folder = bench.newFolder();
  const names = Array.from({ length: bench.effort.rounds * 2 }, (_, i) => String(i).padStart(4, '0'));
  for (const [i, name] of names.entries()) {
    await bench.store.put(`${folder}/${name}`, body, bench.call);
    if (!isEqual(await bench.list(folder), names.slice(0, i + 1))) return broken('a new object was missing in a list');
  }
  for (const [i, name] of names.entries()) {
    await bench.store.delete(`${folder}/${name}`, bench.call);
    if (!isEqual(await bench.list(folder), names.slice(i + 1))) return broken('a deleted object was still in a list');
  }
  return kept(`${names.length} objects listed right after their creation and their end`);
}

/** Pages leave nothing out and repeat nothing, in the order of bytes. */
export async function checkPages(bench: Bench): Promise<Finding> {
  const folder = bench.newFolder();
  const names = ['a', 'a.b/x', 'a0', 'b-1/x', 'b/1', 'b/10', 'b/2/x', 'c'];
  for (const name of names) await bench.store.put(`${folder}/${name}`, body, bench.call);
  for (const size of [1, 3, names.length]) {
    const found = await bench.list(folder, size);
    if (!isEqual(found, names)) {
      return broken(`in pages of ${size} the names ${names.join(' ')} came as ${found.join(' ')}`);
    }
  }
  return kept(`${names.length} names in pages of 1, 3 and ${names.length}`);
}

/** Names come back as they were: every letter, the longest segment. */
export async function checkNames(bench: Bench): Promise<Finding> {
  const folder = bench.newFolder();
  const names = ['A-Z_a-z=0.9', 'a-z_a-z=0.9', 'x'.repeat(limits.objectSegmentMaxBytes)];
  for (const name of names) {
    const outcome = await bench.store.put(`${folder}/${name}`, body, bench.call);
    if (outcome !== 'created') return broken('two names were taken for one');
  }
  const found = await bench.list(folder);
  return isEqual(found, names)
    ? kept('letters of all kinds, a segment of 255 bytes')
    : broken(`came as ${found.join(' ')}`);
}

function isEqual(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, i) => text === b[i]);
}
