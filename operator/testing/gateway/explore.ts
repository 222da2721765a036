// SPDX-License-Identifier: Apache-2.0
import type { KubeApi } from '../../src/ports/kube-api.ts';
import { isEqual } from '../objects/json.ts';
import { type CrashPoint, CrashPoints, CrashedError, allCrashPoints } from './crash-points.ts';
import { Gateway } from './gateway.ts';

/** One life of an operator's process. */
export interface Life {
  readonly gateway: Gateway;
  /** For effects that are no writes to the API: calls of nodes go through `points.around`. */
  readonly points: CrashPoints;
  /** Aborted when the process ends. */
  readonly signal: AbortSignal;
}

export interface CrashScenario<World extends { connect(): KubeApi }> {
  /** A new world with what the scenario begins with: the same one each time. */
  open(): Promise<World>;
  /** Runs an operator until it has nothing left to do, or until `signal` is aborted. */
  live(world: World, life: Life): Promise<void>;
  /** What has to be the same at the end, whatever happened on the way. */
  end(world: World): unknown;
}

export interface Exploration {
  /** The effects of a life without a crash, in their order. */
  readonly effects: readonly string[];
  /** How many lives ended early, each at another point. */
  readonly crashes: number;
}

/**
 * Runs a scenario once without a crash, and then once for each point before and after one of its effects: there the process
 * ends, another one begins, and the end must be the same.
 * @throws Error that names the crash point and both ends, when they differ.
 */
export async function exploreCrashes<World extends { connect(): KubeApi }>(
  scenario: CrashScenario<World>,
): Promise<Exploration> {
  const calm = await scenario.open();
  const points = new CrashPoints();
  await lifeOf(scenario, calm, points);
  const expected = scenario.end(calm);
  const all = allCrashPoints(points.passed.length);
  for (const at of all) await crashAt(scenario, at, expected);
  return { effects: points.passed, crashes: all.length };
}

async function crashAt<World extends { connect(): KubeApi }>(
  scenario: CrashScenario<World>,
  at: CrashPoint,
  expected: unknown,
): Promise<void> {
  const world = await scenario.open();
  const points = new CrashPoints(at);
  await lifeOf(scenario, world, points);
  const where = `${at.when} effect ${at.index} (${points.passed[at.index] ?? 'which did not happen'})`;
  if (!points.isCrashed) throw new Error(`a second run of the scenario is another one: no end ${where}`);
  try {
    await lifeOf(scenario, world, new CrashPoints());
  } catch (error) {
    throw new Error(`after an end ${where} the next life failed`, { cause: error });
  }
  const end = scenario.end(world);
  if (isEqual(end, expected)) return;
  throw new Error(`an end ${where} leads to ${JSON.stringify(end)} instead of ${JSON.stringify(expected)}`);
}

async function lifeOf<World extends { connect(): KubeApi }>(
  scenario: CrashScenario<World>,
  world: World,
  points: CrashPoints,
): Promise<void> {
  const process = new AbortController();
  points.onCrash(() => {
    process.abort(new CrashedError('this process has ended'));
  });
  const gateway = new Gateway(world.connect(), points);
  try {
    await scenario.live(world, { gateway, points, signal: process.signal });
  } catch (error) {
    if (!points.isCrashed) throw error;
  } finally {
    process.abort(new CrashedError('this life is over'));
  }
}
