// SPDX-License-Identifier: Apache-2.0
import type { CompleteOutcome } from '../../ports/object-store.ts';
import { broken, kept, type Bench, type Finding } from './bench.ts';

interface Contender {
  readonly body: Uint8Array;
  readonly create: () => Promise<CompleteOutcome>;
}

const smallBytes = 100;
const largeBytes = 64 * 1024;

/** Of many who put one object, one succeeds, and the object is his. */
export async function checkPutRace(bench: Bench): Promise<Finding> {
  const { rounds, writers } = bench.effort;
  for (let round = 0; round < rounds; round++) {
    const name = bench.newName();
    const contenders = Array.from({ length: writers }, () =>
      putter(bench, name, round % 2 === 0 ? smallBytes : largeBytes),
    );
    const problem = await raceProblem(bench, name, contenders);
    if (problem !== undefined) return broken(problem);
  }
  return kept(`${rounds} races of ${writers} writers, one winner each`);
}

/** The same for uploads, among each other and against whole objects. */
export async function checkUploadRace(bench: Bench): Promise<Finding> {
  const { rounds } = bench.effort;
  const each = Math.ceil(bench.effort.writers / 4);
  for (let round = 0; round < rounds; round++) {
    const name = bench.newName();
    const uploads = await Promise.all(Array.from({ length: each }, async () => uploader(bench, name)));
    const putters = round % 2 === 0 ? [] : Array.from({ length: each }, () => putter(bench, name, smallBytes));
    const problem = await raceProblem(bench, name, [...uploads, ...putters]);
    if (problem !== undefined) return broken(problem);
  }
  return kept(`${rounds} races of ${each} uploads, every other one against ${each} writers, one winner each`);
}

/** What was created stays as it is, whatever comes later. */
export async function checkOverwrite(bench: Bench): Promise<Finding> {
  const name = bench.newName();
  const first = bench.newBody(smallBytes);
  if ((await bench.store.put(name, first, bench.call)) !== 'created') return broken('a new object was said to exist');
  for (const length of [smallBytes, 1, largeBytes]) {
    const outcome = await bench.store.put(name, bench.newBody(length), bench.call);
    if (!(await bench.holds(name, first))) return broken('a second put replaced the object');
    if (outcome !== 'exists') return broken('a second put was told that it created the object');
  }
  return kept('three more puts were refused, the object stayed as it was');
}

export async function checkUploadOverwrite(bench: Bench): Promise<Finding> {
  const name = bench.newName();
  const first = bench.newBody(smallBytes);
  const upload = await bench.upload(name, [bench.newBody(smallBytes)]);
  await bench.store.put(name, first, bench.call);
  const outcome = await upload.complete(bench.call);
  if (!(await bench.holds(name, first))) return broken('the completion of an upload replaced the object');
  if (outcome === 'created') return broken('the completion of an upload was told that it created the object');
  return kept('an upload that came too late was refused, the object stayed as it was');
}

function putter(bench: Bench, name: string, length: number): Contender {
  const body = bench.newBody(length);
  return { body, create: async () => bench.store.put(name, body, bench.call) };
}

async function uploader(bench: Bench, name: string): Promise<Contender> {
  const body = bench.newBody(smallBytes);
  const upload = await bench.upload(name, [body]);
  return { body, create: async () => upload.complete(bench.call) };
}

/** Lets all of them create the object at once. @returns how the promise was broken. */
async function raceProblem(bench: Bench, name: string, contenders: readonly Contender[]): Promise<string | undefined> {
  const settled = await Promise.allSettled(contenders.map(async ({ create }) => create()));
  const outcomes = settled.map((one) => (one.status === 'fulfilled' ? one.value : undefined));
  const winners = contenders.filter((_, i) => outcomes[i] === 'created');
  if (winners.length > 1) return `${winners.length} of ${contenders.length} were told that they created one object`;
  // Who does not know may have won: that breaks no promise, and proves none.
  for (const one of settled) if (one.status === 'rejected') throw one.reason;
  const [winner] = winners;
  if (winner === undefined) return 'nobody was told that he created the object';
  if (outcomes.includes('gone')) return 'one who came too late was not told that the object exists';
  const isHis = await bench.holds(name, winner.body);
  return isHis ? undefined : 'the object is not that of the one who was told that he created it';
}
