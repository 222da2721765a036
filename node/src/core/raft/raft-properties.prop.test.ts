// SPDX-License-Identifier: Apache-2.0

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Cluster } from './testing/cluster.ts';
import type { ClusterOptions } from './testing/cluster.ts';
import { firstViolation, mutants, runMutant } from './testing/mutants.ts';
import { describeSchedule, runSchedule, schedules } from './testing/schedule.ts';
import type { Schedule } from './testing/schedule.ts';

const steps = 600;

/** The options that change how elections and reads go. */
const electionOptions = fc.record({
  checkQuorum: fc.boolean(),
  preVote: fc.boolean(),
  stepDownOnRemoval: fc.boolean(),
  vouchedReads: fc.boolean(),
});

function expectSafe(cluster: Cluster, schedule: Schedule): void {
  if (cluster.violations.length === 0) return;
  expect(cluster.violations, describeSchedule(schedule)).toEqual([]);
}

/** Runs any schedule on such a cluster: the checker looks at every single step. */
function checkSchedules(numRuns: number, options: (seed: number) => ClusterOptions): void {
  let committed = 0;
  let served = 0;
  fc.assert(
    fc.property(schedules(steps), fc.nat(), electionOptions, (schedule, seed, config) => {
      const base = options(seed);
      const cluster = new Cluster({ ...base, config: { ...config, ...base.config } });
      runSchedule(cluster, schedule);
      expectSafe(cluster, schedule);
      committed += cluster.checker.committedIndex - 1;
      served += cluster.checker.served;
    }),
    { numRuns },
  );
  // Otherwise nothing was tested.
  expect(committed).toBeGreaterThan(numRuns);
  expect(served).toBeGreaterThan(numRuns / 10);
}

describe('election safety, log matching, leader completeness, state machine safety and linearizable reads', () => {
  it('hold after every step of any schedule of three voters', () => {
    checkSchedules(150, (seed) => ({ seed, voters: [1, 2, 3] }));
  });

  it('hold for five voters with small messages', () => {
    checkSchedules(80, (seed) => ({
      seed,
      voters: [1, 2, 3, 4, 5],
      config: { maxSizePerMsgBytes: 0, maxInflightMsgs: 2, maxCommittedSizePerReadyBytes: 30 },
    }));
  });

  it('hold with synchronous storage writes', () => {
    checkSchedules(100, (seed) => ({ seed, voters: [1, 2, 3], config: { asyncStorageWrites: false } }));
  });

  it('hold while members come and go, one at a time and by joint consensus', () => {
    checkSchedules(200, (seed) => ({ seed, voters: [1, 2, 3].slice(0, 1 + (seed % 3)), spares: [4, 5, 6] }));
  });

  it('hold with membership changes and synchronous storage writes', () => {
    checkSchedules(80, (seed) => ({
      seed,
      voters: [1, 2, 3],
      spares: [4, 5, 6],
      config: { asyncStorageWrites: false },
    }));
  });
});

describe('after any schedule', () => {
  it('a group without faults commits again, and every voter applies all that was ever committed', () => {
    const setting = fc.tuple(fc.nat(), fc.constantFrom<readonly number[]>([4, 5, 6], []), electionOptions);
    fc.assert(
      fc.property(schedules(steps), setting, (schedule, [seed, spares, config]) => {
        const cluster = new Cluster({ seed, voters: [1, 2, 3], spares, config, carefulChanges: true });
        runSchedule(cluster, schedule);
        const before = cluster.checker.committedIndex;
        const recovered = cluster.recover(300);
        expectSafe(cluster, schedule);
        expect(recovered, recovered ? '' : describeSchedule(schedule)).toBe(true);
        const voters = cluster.leader()?.raw?.status().confState.voters ?? [];
        for (const id of voters) expect(cluster.node(id).machine.applied).toBeGreaterThan(before);
      }),
      { numRuns: 150 },
    );
  });
});

describe('the checker notices', () => {
  it.each(mutants.map((mutant) => [mutant.name, mutant]))('%s', (_name, mutant) => {
    expect(firstViolation(mutant)).toMatch(mutant.violates);
    expect(runMutant(mutant, 'without fault')).toEqual([]);
  });
});
