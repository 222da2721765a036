// SPDX-License-Identifier: Apache-2.0
import type { Random } from '../../ports/random.ts';

/** Numbers that follow from a seed (a linear congruential generator, upper bits). */
export function seededRandom(seed: number): Random {
  let state = (seed ^ 0x9e37_79b9) >>> 0;
  const fraction = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return { fraction, bytes: (length) => Uint8Array.from({ length }, () => Math.floor(fraction() * 256)) };
}
