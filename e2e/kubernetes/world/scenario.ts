// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, test } from 'vitest';
import { root } from '../../harness/program.ts';
import type { Ability, Provider } from '../provider.ts';
import { chosenProvider } from '../providers/chosen-provider.ts';
import { keepArtifacts } from './artifacts.ts';
import { World } from './world.ts';

export interface ScenarioOptions {
  /** Beyond it the scenario has failed: a limit, not a measurement. */
  readonly limitMs: number;
  readonly needs?: readonly Ability[];
}

/** For artifacts and the end of what was made. */
const cleanUpMs = 180_000;
const providerLimitMs = 120_000;
export const reports = join(root, '.reports', 'kubernetes');

/**
 * One scenario in a file of its own: it gets a namespace, and when it fails, what can be known of it is kept in
 * `.reports/kubernetes`.
 */
export function scenario(title: string, options: ScenarioOptions, body: (world: World) => Promise<void>): void {
  let provider: Provider | undefined;
  beforeAll(async () => {
    provider = await chosenProvider();
  }, providerLimitMs);
  afterAll(async () => provider?.[Symbol.asyncDispose](), providerLimitMs);

  test(title, { timeout: options.limitMs + cleanUpMs }, async ({ skip, task }) => {
    if (provider === undefined) throw new Error('there is no Kubernetes');
    const name = basename(task.file.name).replace(/\.k8s\.ts$/, '');
    for (const ability of options.needs ?? []) {
      const why = provider.whyNot(ability);
      if (why !== undefined) skip(why);
    }
    const own = `e2e-${name}-${Math.random().toString(36).slice(2, 6)}`;
    const world = new World(provider, provider.namespace ?? own);
    await world.makeNamespace();
    const startMs = performance.now();
    let failure: Error | undefined;
    try {
      await within(options.limitMs, body(world));
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
      await keepArtifacts(world, join(reports, name), error);
    }
    writeMeasurements(name, world, (performance.now() - startMs) / 1000);
    await world.close();
    if (failure !== undefined) throw failure;
  });
}

async function within(limitMs: number, work: Promise<void>): Promise<void> {
  const limit = Promise.withResolvers<never>();
  const timer = setTimeout(() => limit.reject(new Error(`the scenario took more than ${limitMs / 1000} s`)), limitMs);
  try {
    await Promise.race([work, limit.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function writeMeasurements(name: string, world: World, seconds: number): void {
  mkdirSync(join(reports, 'measured'), { recursive: true });
  const text = JSON.stringify({ name, seconds, measured: Object.fromEntries(world.measured) }, undefined, 2);
  writeFileSync(join(reports, 'measured', `${name}.json`), `${text}\n`);
}
