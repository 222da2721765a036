// SPDX-License-Identifier: Apache-2.0
import { utf8 } from '@shortlink/common/bytes.ts';
import { broken, isRefused, kept, type Bench, type Finding } from './bench.ts';

/** The usual check value: the CRC-32 of these nine digits is known. */
const body = utf8('123456789');
const rightCrc32 = 0xcb_f4_39_26;
const wrongCrc32 = rightCrc32 ^ 1;
const anyTimeMs = Number.MAX_SAFE_INTEGER;

/** A body that does not match its checksum is refused, and nothing of it stored. */
export async function checkChecksums(bench: Bench): Promise<Finding> {
  const name = bench.newName();
  const wrong = { ...bench.call, crc32: wrongCrc32 >>> 0 };
  if (!(await isRefused(bench.store.put(name, body, wrong)))) return broken('a body with a wrong checksum was taken');
  if ((await bench.store.head(name, bench.call)) !== undefined) return broken('a body that was refused was stored');
  const right = { ...bench.call, crc32: rightCrc32 };
  if ((await bench.store.put(name, body, right)) !== 'created') return broken('a right checksum was refused');
  const upload = await bench.upload(bench.newName(), []);
  if (!(await isRefused(upload.writePart(1, body, wrong)))) return broken('a part with a wrong checksum was taken');
  return kept('a whole object and a part with a wrong CRC-32 were refused');
}

/** Nothing is left of an upload that was aborted. */
export async function checkAbort(bench: Bench): Promise<Finding> {
  const folder = bench.newFolder();
  const upload = await bench.upload(`${folder}/object`, [body]);
  await upload.abort(bench.call);
  if ((await upload.complete(bench.call)) !== 'gone') return broken('an aborted upload could be completed');
  const names = await bench.list(folder);
  return names.length === 0 ? kept('no object, no part') : broken(`${names.join(' ')} is left of an aborted upload`);
}

/** Uploads that somebody left behind can be found and removed. */
export async function checkStaleUploads(bench: Bench): Promise<Finding> {
  const folder = bench.newFolder();
  const name = `${folder}/object`;
  await bench.upload(name, [body]);
  const found = await bench.store.abortUploads({ prefix: `${folder}/`, startedBeforeMs: anyTimeMs }, bench.call);
  if (found.includes(name)) return kept('found by its prefix');
  const exactly = await bench.store.abortUploads({ prefix: name, startedBeforeMs: anyTimeMs }, bench.call);
  const how = exactly.includes(name) ? 'only under its whole name' : 'not at all';
  return broken(`an upload is found ${how}: see that the store removes old ones by itself`);
}
