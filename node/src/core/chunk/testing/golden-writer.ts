// SPDX-License-Identifier: Apache-2.0
// Writes the golden chunk anew, after a change of the format that was meant.
import { writeFileSync } from 'node:fs';
import { goldenChunk, goldenFile } from './golden.ts';

writeFileSync(goldenFile, goldenChunk().bytes);
