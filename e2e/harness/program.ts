// SPDX-License-Identifier: Apache-2.0
import { dirname, join } from 'node:path';

export const root: string = dirname(dirname(import.meta.dirname));
/** The program as users start it. */
export const shortlink: string = join(root, 'node', 'bin', 'shortlink');
