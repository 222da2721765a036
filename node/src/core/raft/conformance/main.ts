// SPDX-License-Identifier: Apache-2.0

// Runs data-driven Raft scripts: conformance:raft -- PATH…   (files or folders)

import { existsSync } from 'node:fs';
import { describeDifference, findScripts, runScriptFile } from './runner.ts';

function main(paths: readonly string[]): number {
  if (paths.length === 0) {
    process.stderr.write('usage: npm run -s conformance:raft -- PATH...\n');
    return 2;
  }
  const missing = paths.filter((path) => !existsSync(path));
  for (const path of missing) process.stdout.write(`FAIL ${path}\n  no such file or folder\n`);
  let failed = missing.length;
  let passed = 0;
  for (const script of paths.filter((path) => existsSync(path)).flatMap(findScripts)) {
    const result = runScriptFile(script);
    if (result.ok) passed++;
    else failed++;
    const report = result.ok ? `ok ${script}` : `FAIL ${script}\n${describeDifference(result.difference)}`;
    process.stdout.write(`${report}\n`);
  }
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  // A run that checked nothing is no success.
  return failed > 0 || passed === 0 ? 1 : 0;
}

// The reader may have seen enough (`… | head`).
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(1);
});

process.exitCode = main(process.argv.slice(2));
