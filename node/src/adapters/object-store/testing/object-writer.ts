// SPDX-License-Identifier: Apache-2.0
// A process to be killed: creates objects in a folder, every other one by an upload, and prints the name of each when it is
// there. What an object holds follows from its name.
import { utf8 } from '@shortlink/common/bytes.ts';
import { FileObjectStore } from '../file-store.ts';

const [folder = '', run = '', count = '0', bytes = '0'] = process.argv.slice(2);
const store = await FileObjectStore.open(folder);
const call = { timeoutMs: 60_000 };
for (let i = 0; i < Number(count); i++) {
  const name = `${run}/${i % 10}/object-${i}`;
  const body = utf8(name.repeat(Math.ceil(Number(bytes) / name.length)));
  if (i % 2 === 0) {
    await store.put(name, body, call);
  } else {
    const partBytes = Math.ceil(body.length / 2);
    const upload = await store.startUpload(name, { ...call, partBytes });
    await upload.writePart(2, body.subarray(partBytes), call);
    await upload.writePart(1, body.subarray(0, partBytes), call);
    await upload.complete(call);
  }
  process.stdout.write(`created ${name}\n`);
}
