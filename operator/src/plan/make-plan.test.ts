// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { assert } from '@shortlink/common/assert.ts';
import type { Intent } from './intent.ts';
import { makePlan } from './make-plan.ts';
import type { Plan, Step } from './step.ts';
import { World } from './testing/world.ts';

const base: Intent = {
  name: 'links',
  replicas: 3,
  templateHash: 'a',
  volumeBytes: 1000,
  deletesVolumes: false,
  drainedPods: [],
  isPaused: false,
  isSuspended: false,
  uploadReason: undefined,
  fencedPods: [],
  tls: undefined,
};

function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** What the planner promises before it does something that cannot be taken back. */
function checkAndAct(world: World, step: Step): void {
  const { action } = step;
  if (action.kind === 'deleteClaim') {
    const claim = [...world.claims.values()].find(({ name }) => name === action.claim);
    const isSafe = claim?.isLost === true || (claim?.data !== undefined && world.store.forgotten.has(claim.data));
    assert(isSafe, `K-I8: ${action.claim} is deleted while the cluster knows its node: ${step.reason}`);
  }
  const before = world.store.shards.filter((shard) => world.store.hasQuorum(shard));
  world.act(action);
  if (action.kind !== 'deletePod') return;
  for (const shard of before)
    assert(world.store.hasQuorum(shard), `K-I9: shard ${shard.id} has no quorum after ${step.reason}`);
}

function isQuiet({ claims, pods }: World): boolean {
  return [...claims.values(), ...pods.values()].every(({ isDeleting }) => !isDeleting);
}

/** The first one or, as if that had been refused, one that does not rest on it. */
function nextStep({ steps, otherwise }: Plan, chance: () => number): Step | undefined {
  const [first] = steps;
  return otherwise.length > 0 && chance() < 0.2 ? otherwise[Math.floor(chance() * otherwise.length)] : first;
}

/** Acts and lets things happen for a while. */
function wander(
  world: World,
  intent: Intent,
  { rounds, chance }: { readonly rounds: number; readonly chance: () => number },
): void {
  for (let i = 0; i < rounds; i++) {
    const next = nextStep(makePlan(world.observe(), intent), chance);
    if (next !== undefined && chance() < 0.5) checkAndAct(world, next);
    else world.step();
  }
}

/** Acts and lets things happen until nothing is left to do. */
function settle(world: World, intent: Intent, chance: () => number): Plan {
  world.template = intent.templateHash;
  for (let i = 0; i < 5000; i++) {
    const plan = makePlan(world.observe(), intent);
    const next = nextStep(plan, chance);
    if (next === undefined && plan.waitingFor === undefined && isQuiet(world)) return plan;
    if (next !== undefined && chance() < 0.5) checkAndAct(world, next);
    else world.step();
  }
  const { steps, waitingFor } = makePlan(world.observe(), intent);
  throw new Error(`still ${JSON.stringify(steps)}, waiting for ${waitingFor}`);
}

function expectWhole(world: World, { replicas, templateHash }: Intent): void {
  const ordinals = Array.from({ length: replicas }, (_, i) => i);
  expect([...world.pods.keys()].toSorted()).toEqual(ordinals);
  // A volume on which no node has ever lived may stay.
  const volumes = [...world.claims.values()].filter(({ ordinal, data }) => ordinal < replicas || data !== undefined);
  expect(volumes.map(({ ordinal }) => ordinal).toSorted()).toEqual(ordinals);
  expect([...world.pods.values()].every((pod) => pod.isReady && pod.templateHash === templateHash)).toBe(true);
  expect(world.store.nodes.map(({ name }) => name).toSorted()).toEqual(ordinals.map((i) => `links-${i}`));
  expect(world.store.nodes.some((node) => node.isDraining || node.isHeld)).toBe(false);
}

describe('plans, followed to their end', () => {
  const seeds = Array.from({ length: 150 }, (_, i) => i + 1);

  it.each(seeds)('whatever is wanted in the meantime, all is as it should be at the end: seed %i', (seed) => {
    const chance = generator(seed);
    const world = new World(base, chance);
    let intent = base;
    settle(world, intent, chance);
    expectWhole(world, intent);
    for (let change = 0; change < 6; change++) {
      const replicas = 3 + Math.floor(chance() * 4);
      const templateHash = ['a', 'b', 'c'][Math.floor(chance() * 3)] ?? 'a';
      intent = { ...intent, replicas, templateHash };
      world.template = templateHash;
      const rounds = Math.floor(chance() * 60);
      wander(world, intent, { rounds, chance });
    }
    settle(world, intent, chance);
    expectWhole(world, intent);
  });

  it.each(seeds)(
    'nodes are drained and taken back at any moment, and all is as it should be at the end: seed %i',
    (seed) => {
      const chance = generator(seed);
      const world = new World(base, chance);
      let intent: Intent = { ...base, replicas: 5 };
      settle(world, intent, chance);
      for (let change = 0; change < 6; change++) {
        const drainedPods = [0, 1, 2, 3, 4].filter(() => chance() < 0.3).map((i) => `links-${i}`);
        const replicas = 4 + Math.floor(chance() * 3);
        const templateHash = ['a', 'b'][Math.floor(chance() * 2)] ?? 'a';
        intent = { ...intent, replicas, drainedPods, templateHash };
        world.template = templateHash;
        const rounds = Math.floor(chance() * 80);
        wander(world, intent, { rounds, chance });
      }
      intent = { ...intent, drainedPods: [] };
      settle(world, intent, chance);
      expectWhole(world, intent);
      const volumes = new Map([...world.claims].map(([ordinal, { uid }]) => [ordinal, uid]));
      const drainedPods = ['links-0', 'links-3'].slice(0, intent.replicas - 3);
      settle(world, { ...intent, drainedPods }, chance);
      expect(world.store.nodes.map(({ name }) => name).filter((name) => drainedPods.includes(name))).toEqual([]);
      expect(world.store.nodes).toHaveLength(intent.replicas - drainedPods.length);
      expect(new Map([...world.claims].map(([ordinal, { uid }]) => [ordinal, uid]))).toEqual(volumes);
    },
  );

  it.each(seeds.slice(0, 40))('a volume that is lost at any moment is replaced by a new node: seed %i', (seed) => {
    const chance = generator(seed);
    const world = new World(base, chance);
    const intent = { ...base, replicas: 4 };
    settle(world, intent, chance);
    settle(world, { ...intent, templateHash: 'b' }, chance);
    const claim = world.claims.get(Math.floor(chance() * 4));
    assert(claim !== undefined, 'claim');
    claim.isLost = true;
    const lost = claim.data;
    settle(world, { ...intent, templateHash: 'b' }, chance);
    expectWhole(world, { ...intent, templateHash: 'b' });
    expect(world.store.nodes.some(({ id }) => id === lost)).toBe(false);
  });

  it.each(seeds)('containers crash and come back at any moment, and no plan takes a quorum: seed %i', (seed) => {
    const chance = generator(seed);
    const world = new World(base, chance);
    settle(world, base, chance);
    world.crashes = true;
    world.bad.add('bad');
    let intent: Intent = base;
    for (let change = 0; change < 6; change++) {
      const replicas = 3 + Math.floor(chance() * 3);
      const templateHash = ['a', 'b', 'bad'][Math.floor(chance() * 3)] ?? 'a';
      intent = { ...intent, replicas, templateHash };
      world.template = templateHash;
      const rounds = Math.floor(chance() * 100);
      wander(world, intent, { rounds, chance });
    }
    world.crashes = false;
    intent = { ...intent, templateHash: 'a' };
    settle(world, intent, chance);
    expectWhole(world, intent);
  });

  it.each(seeds.slice(0, 40))('suspension takes all pods and no volume, and they come back: seed %i', (seed) => {
    const chance = generator(seed);
    const world = new World(base, chance);
    settle(world, { ...base, replicas: 5 }, chance);
    const before = world.store.nodes.map(({ id }) => id);
    settle(world, { ...base, replicas: 5, isSuspended: true }, chance);
    expect([world.pods.size, world.claims.size]).toEqual([0, 5]);
    settle(world, { ...base, replicas: 4 }, chance);
    expectWhole(world, { ...base, replicas: 4 });
    expect(world.store.nodes.every(({ id }) => before.includes(id))).toBe(true);
  });

  it.each(seeds.slice(0, 40))(
    'a cluster that was wrong from the start is healed by another template: seed %i',
    (seed) => {
      const chance = generator(seed);
      const world = new World(base, chance);
      world.bad.add('bad');
      world.template = 'bad';
      for (let i = 0; i < 200; i++) {
        const [first] = makePlan(world.observe(), { ...base, templateHash: 'bad' }).steps;
        if (first !== undefined) checkAndAct(world, first);
        world.step();
      }
      expect(world.pods.size).toBe(3);
      settle(world, base, chance);
      expectWhole(world, base);
    },
  );

  it.each(seeds.slice(0, 40))('a bad template stops at the first pod, and going back heals it: seed %i', (seed) => {
    const chance = generator(seed);
    const world = new World(base, chance);
    settle(world, base, chance);
    world.bad.add('bad');
    world.template = 'bad';
    for (let i = 0; i < 500; i++) {
      const [first] = makePlan(world.observe(), { ...base, templateHash: 'bad' }).steps;
      if (first !== undefined) checkAndAct(world, first);
      world.step();
    }
    expect([...world.pods.values()].filter(({ templateHash }) => templateHash === 'bad')).toHaveLength(1);
    world.store.assertQuorums('with one bad pod');
    settle(world, base, chance);
    expectWhole(world, base);
  });
});
