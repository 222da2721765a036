// SPDX-License-Identifier: Apache-2.0
// A process to be killed: writes synchronous batches, one key each, prints a line after each, and then only waits.
import { utf8 } from '@shortlink/common/bytes.ts';
import { RocksKvEngine } from '../rocks-kv-engine.ts';

const [path = '', count = '0', valueBytes = '100'] = process.argv.slice(2);
const engine = await RocksKvEngine.open({ path });
for (let i = 0; i < Number(count); i++) {
  const batch = engine.batch();
  batch.put('raft', utf8(`key${String(i).padStart(6, '0')}`), new Uint8Array(Number(valueBytes)).fill(i));
  try {
    engine.write(batch, { sync: true });
  } catch (error) {
    process.stdout.write(`failed ${error instanceof Error ? error.name : 'unknown'}\n`);
    break;
  }
  process.stdout.write(`written ${i}\n`);
}
try {
  engine.get('raft', utf8('key000000'));
  process.stdout.write('reads\n');
} catch (error) {
  process.stdout.write(`refuses ${error instanceof Error ? error.name : 'unknown'}\n`);
}
setInterval(() => {}, 1000);
