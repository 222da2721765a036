// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Generated } from '../gen/generated.ts';
import { levels } from './questions.ts';
import type { LastResult } from './results.ts';
import { scorecardPage } from './scorecard-page.ts';

/** Relative to the root. */
export const resultsPath = 'docs/reports/scorecard.json';

export function readResults(root: string): readonly LastResult[] {
  const path = join(root, resultsPath);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as readonly LastResult[]) : [];
}

/** The page of the results that are written down. */
export function scorecardFile(root: string): Generated {
  return { path: 'docs/reports/scorecard.md', text: scorecardPage(levels, readResults(root)) };
}
