// SPDX-License-Identifier: Apache-2.0
import { collectorMutants } from './collectors.ts';
import { exportMutants } from './exports.ts';
import { fenceMutants } from './fences.ts';
import { gatewayMutants } from './gateways.ts';
import type { Mutant } from './mutant.ts';
import { readMutants } from './reads.ts';
import { turnMutants } from './turns.ts';

/** Every known mistake that a run can be made with. */
export const mutants: readonly Mutant[] = [
  ...turnMutants,
  ...gatewayMutants,
  ...fenceMutants,
  ...exportMutants,
  ...collectorMutants,
  ...readMutants,
];
