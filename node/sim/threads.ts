// SPDX-License-Identifier: Apache-2.0
import type { Channel } from '../src/engine/client/channel.ts';
import type { SimProcess } from './sim-process.ts';
import type { World } from './world.ts';

/** A message between two threads of a process. */
const channelDelayUs = 200;

/** A pair of channel ends; what is posted arrives after a moment, in order. */
export function connectThreads<A, B>(world: World, process: SimProcess): [Channel<A, B>, Channel<B, A>] {
  let toNear: (batch: readonly B[]) => void = () => {};
  let toFar: (batch: readonly A[]) => void = () => {};
  const near: Channel<A, B> = {
    post: (batch) => world.after(channelDelayUs, () => toFar(batch), process),
    onBatch: (receive) => {
      toNear = receive;
    },
  };
  const far: Channel<B, A> = {
    post: (batch) => world.after(channelDelayUs, () => toNear(batch), process),
    onBatch: (receive) => {
      toFar = receive;
    },
  };
  return [near, far];
}

/** Runs what a thread does next, a little later. */
export function soonOf(world: World, process: SimProcess): (run: () => void) => void {
  const random = process.random.split('soon');
  return (run) => {
    world.after(random.int(50), run, process);
  };
}
