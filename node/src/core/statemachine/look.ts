// SPDX-License-Identifier: Apache-2.0
import { assert } from '@shortlink/common/assert.ts';
import type { ColdFound, ColdNeed } from './cold-overlay.ts';
import { codeAt, drawnCodes } from './code-list.ts';
import type { ColdSight, Command, CreateLinks } from './commands.ts';
import { hotGetMany } from './generations.ts';
import type { HotTier } from './generations.ts';
import { linkSuffix, namespaces } from './keys.ts';

type KeyNeed = Exclude<ColdNeed, { readonly kind: 'page' }>;

/** Of a drawn code it is enough that it may be taken, while there can be another draw. */
type DrawNeed = 'free' | 'row';

/** Every key that the commands depend on, by command: those of a batch in the order of its operations. */
function keysOf(command: Command, drawNeed: DrawNeed): KeyNeed[] {
  switch (command.type) {
    case 'createLink': {
      const kind = command.generated ? drawNeed : 'row';
      return [{ kind, namespace: namespaces.link, suffix: linkSuffix(command.code ?? '') }];
    }
    case 'updateLink':
    case 'deleteLink':
      return [{ kind: 'row', namespace: namespaces.link, suffix: linkSuffix(command.code ?? '') }];
    case 'createLinks':
      return drawnCodes(command).map((suffix) => ({ kind: drawNeed, namespace: namespaces.link, suffix }));
    case 'kvPut':
    case 'kvDelete':
      return [{ kind: 'row', namespace: namespaces.kv, suffix: command.key }];
    case 'kvBatch':
      return command.operations.map(({ key }) => ({ kind: 'row', namespace: namespaces.kv, suffix: key }));
    default:
      return [];
  }
}

export interface ColdLook {
  /** Keys that no generation has: only the chunks know whether they exist. */
  readonly needs: readonly KeyNeed[];
  /** The commands with what was seen of each, as of chunk-set version `version`. Codes that may be taken are left out. */
  readonly sighted: (found: readonly ColdFound[], version: number) => Command[];
}

/**
 * What a leader must look at in the cold tier before it proposes commands, all of whose codes are drawn. With `mayDraw` a
 * drawn code is only asked for in filters: those that may be taken are drawn again.
 */
export function coldLook(commands: readonly Command[], tier: HotTier, mayDraw: boolean): ColdLook {
  const keysOfEach = commands.map((command) => keysOf(command, mayDraw ? 'free' : 'row'));
  const keys = keysOfEach.flat();
  const isHot = hotKeys(keys, tier);
  const needs = keys.filter((_, i) => isHot[i] !== true);
  const sighted = (found: readonly ColdFound[], version: number): Command[] => {
    const sights: Sight[] = [];
    let place = 0;
    for (const hot of isHot) sights.push(hot ? undefined : sightOf(found[place++], version));
    return commands.map((command, i) => withSights(command, sights.splice(0, keysOfEach[i]?.length), version));
  };
  return { needs, sighted };
}

/** What is known of a key: undefined where the hot tier has it, or nobody looked. */
type Sight = ColdSight | 'perhapsTaken' | undefined;

function hotKeys(keys: readonly KeyNeed[], tier: HotTier): boolean[] {
  const isHot = keys.map(() => false);
  for (const namespace of [namespaces.link, namespaces.kv]) {
    const places = keys.flatMap((key, i) => (key.namespace === namespace ? [i] : []));
    const rows = hotGetMany(
      tier,
      namespace,
      places.map((place) => keys[place]?.suffix ?? new Uint8Array(0)),
    );
    for (const [i, place] of places.entries()) isHot[place] = rows[i] !== undefined;
  }
  return isHot;
}

function sightOf(found: ColdFound | undefined, version: number): Sight {
  if (found?.kind === 'free') return found.isFree ? { version, prior: undefined } : 'perhapsTaken';
  return found?.kind === 'row' ? { version, prior: found.value } : undefined;
}

function withSights(command: Command, sights: readonly Sight[], version: number): Command {
  switch (command.type) {
    case 'createLinks':
      return { ...command, codes: codesNotSeen(command, sights), coldVersion: version };
    case 'createLink':
      return sights[0] === 'perhapsTaken'
        ? { ...command, code: undefined, cold: undefined }
        : { ...command, cold: sights[0] };
    case 'updateLink':
    case 'deleteLink':
    case 'kvPut':
    case 'kvDelete':
      return { ...command, cold: rowSight(sights[0]) };
    case 'kvBatch':
      return { ...command, operations: command.operations.map((one, i) => ({ ...one, cold: rowSight(sights[i]) })) };
    default:
      return command;
  }
}

function rowSight(sight: Sight): ColdSight | undefined {
  assert(sight !== 'perhapsTaken', 'only drawn codes are asked for in filters alone');
  return sight;
}

function codesNotSeen(command: CreateLinks, sights: readonly Sight[]): Uint8Array | undefined {
  const codes = command.codes?.slice();
  let drawn = 0;
  for (let row = 0; codes !== undefined && row < command.count; row++) {
    const code = codeAt(codes, command.codeLength, row);
    if (code === undefined) continue;
    const sight = sights[drawn++];
    if (sight === 'perhapsTaken' || sight?.prior !== undefined) code.fill(0);
  }
  return codes;
}

/** Drawn codes that a chunk has, or may have, are taken: they are to be drawn again. Undefined when there are none. */
export function withoutTakenDraws(commands: readonly Command[]): Command[] | undefined {
  let taken = false;
  const cleared = commands.map((command) => {
    if (command.type === 'createLinks' && drawnCodes(command).length < command.count) {
      taken = true;
      return { ...command, coldVersion: undefined };
    }
    const isTaken =
      command.type === 'createLink' &&
      command.generated &&
      (command.code === undefined || command.cold?.prior !== undefined);
    if (!isTaken) return command;
    taken = true;
    return { ...command, code: undefined, cold: undefined };
  });
  return taken ? cleared : undefined;
}
