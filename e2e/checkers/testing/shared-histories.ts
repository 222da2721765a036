// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

const projectRoot = fileURLToPath(new URL('../../../', import.meta.url));
const data = process.env['CONFORMANCE_DATA'] ?? join(projectRoot, '../shared/data');

/** The folder with the published histories of others, which are no part of the project. */
export const historiesFolder = join(data, 'linearizability');
export const hasPublishedHistories = existsSync(historiesFolder);

export function readPublishedHistory(name: string): string {
  return readFileSync(join(historiesFolder, name), 'utf8');
}
