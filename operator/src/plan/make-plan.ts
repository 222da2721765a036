// SPDX-License-Identifier: Apache-2.0
import { planCertificates } from './certificates.ts';
import { planDrain } from './drain.ts';
import type { Intent } from './intent.ts';
import type { Observed } from './observed.ts';
import { planArrival, planPresence } from './presence.ts';
import {
  planForgotten,
  planHasten,
  planLostVolumes,
  planRecords,
  planReleases,
  planTellings,
  unreachableAdvice,
} from './replacement.ts';
import { outdatedPods, planRollout } from './rollout.ts';
import { isLeaving, planCancel, planDraining, planLeftVolumes, planScaleDown, planStrays } from './scale-down.ts';
import type { Action, Part, Plan, Progress, Step } from './step.ts';
import { planDeletion, planVolumes } from './volumes.ts';

type Planner = (observed: Observed, intent: Intent) => Part;

/** What hurts nobody, in its order: all of it is done before, and whatever waits below does not keep it from being done. */
const harmless: readonly (readonly [Progress | undefined, Planner])[] = [
  ['Updating', planCertificates],
  ['Updating', planObjects],
  ['Resizing', planVolumes],
  [undefined, planDeletion],
  [undefined, planTellings],
  [undefined, planRecords],
  ['Replacing', planLostVolumes],
  ['Replacing', planForgotten],
  ['Replacing', planHasten],
  [undefined, planReleases],
  ['Scaling', planCancel],
  [undefined, planLeftVolumes],
  [undefined, planUploads],
];

/** What pods are made from: nothing of it may be old when a pod is made. */
const basis: ReadonlySet<Planner> = new Set<Planner>([planCertificates, planObjects]);
const restOnBasis: ReadonlySet<Action['kind']> = new Set<Action['kind']>([
  'recreateStatefulSet',
  'setReplicas',
  'deletePod',
  'deleteClaim',
  'holdNode',
  'transferLeadership',
  'removeNode',
]);

/**
 * What is to be done, in order, and what is waited for: a function of what was seen and what is wanted alone. The actor does the
 * first step and looks again, so that a plan never rests on what was true some steps ago.
 */
export function makePlan(observed: Observed, intent: Intent): Plan {
  if (intent.isPaused)
    return { steps: [], otherwise: [], progress: undefined, waitingFor: 'spec.paused to be false', refusals: [] };
  const parts = harmless.map(([progress, plan]) => ({
    progress,
    part: plan(observed, intent),
    isBasis: basis.has(plan),
  }));
  parts.push(...planPods(observed, intent).map((pods) => ({ ...pods, isBasis: false })));
  const steps = parts.flatMap(({ part }) => part.steps);
  const busy = parts.find(({ part }) => part.steps.length > 0 || part.waitingFor !== undefined);
  const waits = parts.flatMap(({ part }) => part.waitingFor ?? []);
  const advice = waits.length === 0 ? [] : list(unreachableAdvice(observed));
  const waitingFor = waits.length === 0 ? undefined : [...new Set([...waits, ...advice])].join('; ');
  const otherwise = otherwiseOf(parts);
  return {
    steps,
    otherwise,
    progress: busy?.progress,
    waitingFor,
    refusals: parts.flatMap(({ part }) => part.refusals ?? []),
  };
}

/** What may be done although the first step of all fails: others of its kind, and the first step of each later part. */
function otherwiseOf(parts: readonly { readonly part: Part; readonly isBasis: boolean }[]): readonly Step[] {
  const first = parts.findIndex(({ part }) => part.steps.length > 0);
  if (first === -1) return [];
  const siblings = parts[first]?.part.steps.slice(1).filter(({ action }) => isIndependent(action)) ?? [];
  const others = [...siblings, ...parts.slice(first + 1).flatMap(({ part }) => part.steps.slice(0, 1))];
  return parts[first]?.isBasis === true ? others.filter(({ action }) => !restOnBasis.has(action.kind)) : others;
}

/** Of the steps of its part: one volume is not the other, nor is a Service a Role. Pods are made from all objects together. */
function isIndependent(action: Action): boolean {
  if (action.kind === 'applyObject') return !action.object.startsWith('StatefulSet ');
  return action.kind === 'deleteObject' || action.kind === 'growClaim';
}

/** One thing at a time where pods come and go: what is on its way is finished, or waited for, before the next begins. */
function planPods(observed: Observed, intent: Intent): { readonly progress: Progress; readonly part: Part }[] {
  const presence = planPresence(observed, intent);
  if (intent.isSuspended) return [{ progress: 'Suspending', part: presence }];
  const progress = presenceProgress(observed);
  if (!isIdle(presence)) return [{ progress, part: presence }];
  const strays = { progress: 'Scaling', part: planStrays(observed, intent) } as const;
  if (!isIdle(strays.part)) return [strays];
  const rollout = { progress: 'Upgrading', part: planRollout(observed, intent) } as const;
  const scaleDown = { progress: 'Scaling', part: planScaleDown(observed, intent) } as const;
  const arrival = { progress, part: planArrival(observed, intent) };
  const isOutdated = outdatedPods(observed, intent).length > 0;
  if (isLeaving(observed, intent)) {
    if (!isIdle(scaleDown.part)) return [scaleDown];
    return isIdle(arrival.part) ? [{ progress: 'Replacing', part: planDraining(observed) }] : [arrival];
  }
  if (isOutdated) return [rollout];
  if (arrival.part.waitingFor !== undefined) return [arrival];
  return isIdle(scaleDown.part) ? [{ progress: 'Replacing', part: planDrain(observed, intent) }] : [scaleDown];
}

function isIdle({ steps, waitingFor, refusals = [] }: Part): boolean {
  return steps.length === 0 && waitingFor === undefined && refusals.length === 0;
}

function presenceProgress({ statefulSet, claims }: Observed): Progress {
  if (statefulSet === undefined && claims.length === 0) return 'Creating';
  return statefulSet?.replicas === 0 ? 'Resuming' : 'Scaling';
}

function planObjects({ outdatedObjects, strayObjects }: Observed): Part {
  const steps = outdatedObjects.map((object): Step => ({
    action: { kind: 'applyObject', object },
    reason: 'it is not as the spec wants it',
  }));
  const removals = strayObjects.map(({ object, uid, resourceVersion }): Step => {
    return {
      action: { kind: 'deleteObject', object, version: { uid, resourceVersion } },
      reason: 'the spec has no use for it',
    };
  });
  return { steps: [...steps, ...removals] };
}

function planUploads({ store }: Observed, { uploadReason }: Intent): Part {
  if (uploadReason === undefined) return { steps: [] };
  if (store === undefined) return { steps: [], waitingFor: 'a node that takes the order to upload' };
  return { steps: [{ action: { kind: 'upload' }, reason: uploadReason }] };
}

function list<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value];
}
