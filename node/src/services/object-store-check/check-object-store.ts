// SPDX-License-Identifier: Apache-2.0
import { ObjectStoreError, type ObjectStore } from '../../ports/object-store.ts';
import type { Random } from '../../ports/random.ts';
import { Bench, type Effort, type Finding } from './bench.ts';
import { checkOverwrite, checkPutRace, checkUploadOverwrite, checkUploadRace } from './creation-checks.ts';
import { checkAbort, checkChecksums, checkStaleUploads } from './hygiene-checks.ts';
import { checkLists, checkNames, checkPages } from './list-checks.ts';
import { checkRanges, checkReadAfterWrite, checkUploads } from './read-checks.ts';

interface PromiseCheck {
  readonly id: string;
  readonly title: string;
  /** Without it data would be lost. Else it is good to know. */
  readonly isNeeded: boolean;
  /** Part of the short form, which a node runs at its start. */
  readonly isShort: boolean;
  readonly run: (bench: Bench) => Promise<Finding>;
}

const promises: readonly PromiseCheck[] = [
  { id: 'create-once', title: 'one of many creates an object', isNeeded: true, isShort: true, run: checkPutRace },
  { id: 'no-overwrite', title: 'an object is never replaced', isNeeded: true, isShort: true, run: checkOverwrite },
  { id: 'upload-once', title: 'one of many uploads wins', isNeeded: true, isShort: false, run: checkUploadRace },
  {
    id: 'upload-no-overwrite',
    title: 'an upload replaces nothing',
    isNeeded: true,
    isShort: true,
    run: checkUploadOverwrite,
  },
  {
    id: 'upload-whole',
    title: 'an upload shows whole or not at all',
    isNeeded: true,
    isShort: true,
    run: checkUploads,
  },
  { id: 'ranges', title: 'a range is exactly that range', isNeeded: true, isShort: true, run: checkRanges },
  {
    id: 'read-after-write',
    title: 'reads see creations and deletions at once',
    isNeeded: true,
    isShort: true,
    run: checkReadAfterWrite,
  },
  {
    id: 'list-after-write',
    title: 'lists see creations and deletions at once',
    isNeeded: true,
    isShort: true,
    run: checkLists,
  },
  { id: 'pages', title: 'pages of a list are complete and in order', isNeeded: true, isShort: false, run: checkPages },
  { id: 'names', title: 'names come back as they were', isNeeded: true, isShort: false, run: checkNames },
  {
    id: 'checksums',
    title: 'bytes that changed on the way are refused',
    isNeeded: false,
    isShort: false,
    run: checkChecksums,
  },
  { id: 'abort', title: 'an aborted upload leaves nothing', isNeeded: false, isShort: false, run: checkAbort },
  {
    id: 'stale-uploads',
    title: 'uploads left behind can be found',
    isNeeded: false,
    isShort: false,
    run: checkStaleUploads,
  },
];

const efforts: Readonly<Record<CheckScope, Effort>> = {
  short: { rounds: 3, writers: 8, hasLargeUploads: false },
  full: { rounds: 10, writers: 32, hasLargeUploads: true },
};

export type CheckScope = 'short' | 'full';

export interface PromiseReport {
  readonly id: string;
  readonly title: string;
  readonly isNeeded: boolean;
  /** `unknown`: a call failed, so that nothing is known about it. */
  readonly verdict: 'kept' | 'broken' | 'unknown';
  readonly detail: string;
}

export interface StoreReport {
  /** `unsafe`: it would lose data. `unknown`: nothing says so, but not every promise that is needed could be checked. */
  readonly verdict: 'safe' | 'unsafe' | 'unknown';
  readonly promises: readonly PromiseReport[];
  /** Why not everything that the check has made could be removed; undefined when it was. */
  readonly leftBehind: string | undefined;
}

export interface CheckOptions {
  readonly scope: CheckScope;
  /** Of each call. */
  readonly timeoutMs: number;
  /** Told before each promise is tried. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * Tries whether a store keeps its promises, under names of its own, which it removes again. What goes wrong by chance may
 * go right here: a store that is found `unsafe` is, one that is found `safe` has stood the test.
 * @throws ObjectStoreError when the store cannot be used at all.
 */
export async function checkObjectStore(
  store: ObjectStore,
  random: Random,
  options: CheckOptions,
): Promise<StoreReport> {
  const { scope, timeoutMs, onProgress } = options;
  const bench = new Bench(store, random, efforts[scope], { timeoutMs });
  const chosen = promises.filter((promise) => scope === 'full' || promise.isShort);
  const reports: PromiseReport[] = [];
  try {
    await bench.list(bench.newFolder());
    for (const [i, promise] of chosen.entries()) {
      onProgress?.(i, chosen.length);
      reports.push(await reportOn(promise, bench));
    }
  } catch (error) {
    await leftBehindBy(bench);
    throw error;
  }
  return { verdict: overall(reports), promises: reports, leftBehind: await leftBehindBy(bench) };
}

/** What a report says in one line. */
export function verdictLine({ verdict, promises: reports }: StoreReport): string {
  const titles = (wanted: PromiseReport['verdict']): string =>
    reports
      .filter((report) => report.isNeeded && report.verdict === wanted)
      .map((report) => report.title)
      .join('; ');
  switch (verdict) {
    case 'safe':
      return 'safe: the store keeps every promise that is needed';
    case 'unsafe':
      return `UNSAFE: the store would lose data. It does not keep: ${titles('broken')}`;
    case 'unknown':
      return `unknown: the store failed before it could be checked: ${titles('unknown')}`;
  }
}

async function reportOn({ id, title, isNeeded, run }: PromiseCheck, bench: Bench): Promise<PromiseReport> {
  try {
    const { isKept, detail } = await run(bench);
    return { id, title, isNeeded, verdict: isKept ? 'kept' : 'broken', detail };
  } catch (error) {
    if (!(error instanceof ObjectStoreError)) throw error;
    return { id, title, isNeeded, ...verdictOn(error) };
  }
}

/** A store that cannot do what is asked breaks the promise, and so does one whose bytes are others or too few. */
function verdictOn({ kind, message }: ObjectStoreError): Pick<PromiseReport, 'verdict' | 'detail'> {
  return { verdict: kind === 'invalid' || kind === 'corrupt' ? 'broken' : 'unknown', detail: message };
}

function overall(reports: readonly PromiseReport[]): StoreReport['verdict'] {
  const needed = reports.filter((report) => report.isNeeded).map((report) => report.verdict);
  if (needed.includes('broken')) return 'unsafe';
  return needed.includes('unknown') ? 'unknown' : 'safe';
}

async function leftBehindBy(bench: Bench): Promise<string | undefined> {
  try {
    await bench.cleanUp();
    return undefined;
  } catch (error) {
    if (!(error instanceof ObjectStoreError)) throw error;
    return error.message;
  }
}
