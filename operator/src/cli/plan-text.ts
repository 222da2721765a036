// SPDX-License-Identifier: Apache-2.0
import { preconditionOf } from '../plan/precondition.ts';
import type { Plan } from '../plan/step.ts';
import { stepText } from '../reconcile/status.ts';

/** A plan as programs read it. */
export function planJson(
  cluster: string,
  { steps, progress, waitingFor, refusals }: Plan,
  warnings: readonly string[],
) {
  return {
    cluster,
    progress: progress ?? null,
    waitingFor: waitingFor ?? null,
    refusals,
    warnings,
    steps: steps.map(({ action, reason }) => ({
      step: stepText(action),
      reason,
      precondition: preconditionOf(action),
      action,
    })),
  };
}

export type PlanJson = ReturnType<typeof planJson>;

/** The same for people: steps in their order, each with why and what must hold. */
export function planText({ cluster, progress, waitingFor, refusals, warnings, steps }: PlanJson): string {
  const digits = String(steps.length).length;
  const indent = ' '.repeat(digits + 2);
  const isIdle = steps.length === 0 && waitingFor === null && refusals.length === 0;
  const head = isIdle ? 'there is nothing to do' : [...list(progress), countText(steps.length)].join(', ');
  const blocks = steps.map(({ step, reason, precondition }, i) =>
    [
      `${String(i + 1).padStart(digits)}. ${step}`,
      `${indent}because  ${reason}`,
      `${indent}provided ${precondition}`,
    ].join('\n'),
  );
  return [
    `${cluster}: ${head}`,
    ...blocks,
    ...list(waitingFor).map((what) => `waits for ${what}`),
    ...refusals.map((what) => `refuses: ${what}`),
    ...warnings.map((what) => `note: ${what}`),
  ].join('\n');
}

function countText(count: number): string {
  if (count === 0) return 'no step now';
  return count === 1 ? '1 step' : `${count} steps`;
}

function list(text: string | null): string[] {
  return text === null ? [] : [text];
}
