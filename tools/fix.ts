// SPDX-License-Identifier: Apache-2.0
// `make fix`: everything that a machine can put right.
import { spawnSync } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';

process.chdir(dirname(import.meta.dirname));
process.env['PATH'] = [dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter);

const steps: readonly (readonly string[])[] = [
  [process.execPath, 'tools/gen/main.ts'],
  [join('node_modules', '.bin', 'oxlint'), '--type-aware', '--fix', '.'],
  [join('node_modules', '.bin', 'oxfmt'), '.'],
];

for (const [program = '', ...args] of steps) {
  console.log(`==> ${program} ${args.join(' ')}`);
  const { status } = spawnSync(program, args, { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
