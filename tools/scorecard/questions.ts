// SPDX-License-Identifier: Apache-2.0
import { absent } from './levels/absent.ts';
import { autoPilot } from './levels/auto-pilot.ts';
import { basicInstall } from './levels/basic-install.ts';
import { deepInsights } from './levels/deep-insights.ts';
import { fullLifecycle } from './levels/full-lifecycle.ts';
import { operatorReliability } from './levels/operator-reliability.ts';
import { seamlessUpgrades } from './levels/seamless-upgrades.ts';
import { security } from './levels/security.ts';
import type { Level } from './question.ts';

/**
 * What is asked of operators: by the levels of the Operator capability model, and what reviewers miss in other ones. Each question is
 * answered by tests, or by a plain no.
 */
export const levels: readonly Level[] = [
  basicInstall,
  seamlessUpgrades,
  fullLifecycle,
  deepInsights,
  autoPilot,
  operatorReliability,
  security,
  absent,
];
