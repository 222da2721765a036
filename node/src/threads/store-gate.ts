// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { ObjectStoreError } from '../ports/object-store.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { Random } from '../ports/random.ts';
import { checkObjectStore, verdictLine } from '../services/object-store-check/check-object-store.ts';
import type { StoreReport } from '../services/object-store-check/check-object-store.ts';

export interface StoreGate {
  readonly random: Random;
  readonly logger: Logger;
  /** Why the store cannot be used as yet, each time that it was found so. */
  readonly onTrouble: (why: string) => void;
  readonly isOver: () => boolean;
}

const callTimeoutMs = 15_000;
const pauseMs = 5000;

/**
 * Checks the promises of the object store in the short form, until the store can be reached. False when the node ends first.
 * @throws Error when the store would lose data: nothing must be written to it.
 */
export async function storeIsSafe(
  store: ObjectStore,
  { random, logger, onTrouble, isOver }: StoreGate,
): Promise<boolean> {
  while (!isOver()) {
    const report = await check(store, random);
    if (typeof report === 'string') {
      onTrouble(`it cannot be checked: ${report}`);
      logger.warn({ reason: report }, 'the object store cannot be checked now; nothing is written to it until it can');
    } else if (report.verdict === 'safe') {
      logger.info({}, 'the object store keeps its promises');
      return true;
    } else if (report.verdict === 'unsafe') {
      throw new Error(`${verdictLine(report)}. Run "shortlink object-store check" for more, and use another store`);
    } else {
      onTrouble(verdictLine(report));
      logger.warn({ reason: verdictLine(report) }, 'the object store fails; nothing is written to it for the moment');
    }
    await sleep(pauseMs);
  }
  return false;
}

async function check(store: ObjectStore, random: Random): Promise<StoreReport | string> {
  try {
    return await checkObjectStore(store, random, { scope: 'short', timeoutMs: callTimeoutMs });
  } catch (error) {
    if (!(error instanceof ObjectStoreError)) throw error;
    return error.message;
  }
}
