// SPDX-License-Identifier: Apache-2.0
import { concatBytes, equalBytes } from '@shortlink/common/bytes.ts';
import { broken, kept, type Bench, type Finding } from './bench.ts';

const objectBytes = 300_000;
const smallBytes = 100;

/** A range is exactly that range. */
export async function checkRanges(bench: Bench): Promise<Finding> {
  const name = bench.newName();
  const body = bench.newBody(objectBytes);
  await bench.store.put(name, body, bench.call);
  const ranges: (readonly [offset: number, length: number])[] = [
    [0, 1],
    [0, objectBytes],
    [objectBytes - 1, 1],
    [32_768, 32_768],
  ];
  for (let i = 0; i < bench.effort.rounds; i++) {
    const offset = bench.below(objectBytes);
    ranges.push([offset, 1 + bench.below(objectBytes - offset)]);
  }
  for (const [offset, length] of ranges) {
    const found = await bench.store.getRange(name, { offset, length }, bench.call);
    if (found === undefined || !equalBytes(found, body.subarray(offset, offset + length))) {
      return broken(`the ${length} bytes from ${offset} came back as others`);
    }
  }
  return kept(`${ranges.length} ranges of an object of ${objectBytes} bytes`);
}

/** What was created shows, and what was deleted does not, as soon as the call has returned. */
export async function checkReadAfterWrite(bench: Bench): Promise<Finding> {
  const count = bench.effort.rounds * 2;
  for (let i = 0; i < count; i++) {
    const name = bench.newName();
    const body = bench.newBody(smallBytes);
    // Whatever is between here and the store must not remember this answer.
    if ((await bench.get(name, smallBytes)) !== undefined) return broken('an object was there before it was created');
    await bench.store.put(name, body, bench.call);
    if (!(await bench.holds(name, body))) return broken('a new object could not be read at once');
    const head = await bench.store.head(name, bench.call);
    if (head?.size !== smallBytes) return broken('the head of a new object did not tell its size');
    await bench.store.delete(name, bench.call);
    if ((await bench.get(name, smallBytes)) !== undefined) return broken('a deleted object could still be read');
    if ((await bench.store.head(name, bench.call)) !== undefined) return broken('a deleted object still had a head');
  }
  return kept(`${count} objects read right after their creation and their end`);
}

/** An upload shows nothing before its completion, and then all of it, in order. */
export async function checkUploads(bench: Bench): Promise<Finding> {
  const name = bench.newName();
  const firstBytes = bench.effort.hasLargeUploads ? Math.max(bench.store.minPartBytes, smallBytes) : 0;
  const parts = [firstBytes, smallBytes].filter((length) => length > 0).map((length) => bench.newBody(length));
  const upload = await bench.upload(name, parts);
  if ((await bench.store.head(name, bench.call)) !== undefined) return broken('an upload showed before its completion');
  if ((await upload.complete(bench.call)) !== 'created') return broken('a new object was said to exist');
  const whole = concatBytes(...parts);
  if (!(await bench.holds(name, whole))) return broken('an upload came back as other bytes');
  const offset = Math.max(0, firstBytes - 50);
  const across = await bench.store.getRange(name, { offset, length: smallBytes }, bench.call);
  if (across === undefined || !equalBytes(across, whole.subarray(offset, offset + smallBytes))) {
    return broken('a range of an upload came back as other bytes');
  }
  return kept(
    parts.length === 1 ? 'one of one part' : `one of two parts, ${whole.length} bytes, and a range across both`,
  );
}
