// SPDX-License-Identifier: Apache-2.0
import type { WaitStep } from '../core/lifecycle/waiting-for.ts';
import type { WaitView } from './chunk-view.ts';

const words: Readonly<Record<WaitStep, (missing: number) => string>> = {
  votes: (missing) => `digests from ${missing} more ${missing === 1 ? 'replica' : 'replicas'}`,
  export: () => 'its upload to the object store',
  readback: () => 'its object to be read again and compared',
  placement: () => 'the ring to choose the nodes that keep copies',
  holders: (missing) => `copies on ${missing} more ${missing === 1 ? 'node' : 'nodes'}`,
  older: (missing) => `${missing} older ${missing === 1 ? 'generation' : 'generations'}`,
  retire: () => 'its rows to leave the nodes',
};

/** `digests from 1 more replica and its upload to the object store` */
export function waitWords(waits: readonly WaitView[]): string {
  return waits.map(({ step, missing }) => (isKnown(step) ? words[step](missing) : step)).join(' and ');
}

/** Steps that every generation goes through, whichever it is. */
export const stepCount = 4;

const stepsBehind: Readonly<Record<WaitStep, number>> = {
  export: 0,
  readback: 1,
  placement: 2,
  votes: 3,
  holders: 3,
  older: stepCount,
  retire: stepCount,
};

/** How many steps a generation with these waits has behind it; a newer server may know steps that this program does not. */
export function stepsDone(waits: readonly WaitView[]): number {
  return Math.min(...waits.map(({ step }) => (isKnown(step) ? stepsBehind[step] : 0)), stepCount);
}

function isKnown(step: string): step is WaitStep {
  return Object.hasOwn(words, step);
}
