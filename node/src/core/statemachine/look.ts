// SPDX-License-Identifier: Apache-2.0
import type { ColdFound, ColdNeed } from './cold-overlay.ts';
import { codeAt, drawnCodes } from './code-list.ts';
import type { ColdSight, Command, CreateLinks } from './commands.ts';
import { hotGetMany } from './generations.ts';
import type { HotTier } from './generations.ts';
import { linkSuffix, namespaces } from './keys.ts';

type RowNeed = Extract<ColdNeed, { readonly kind: 'row' }>;

/** Every key that the commands depend on, by command: those of a batch in the order of its operations. */
function keysOf(command: Command): RowNeed[] {
  switch (command.type) {
    case 'createLink':
    case 'updateLink':
    case 'deleteLink':
      return [{ kind: 'row', namespace: namespaces.link, suffix: linkSuffix(command.code ?? '') }];
    case 'createLinks':
      return drawnCodes(command).map((suffix) => ({ kind: 'row', namespace: namespaces.link, suffix }));
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
  readonly needs: readonly RowNeed[];
  /** The commands with what was seen of each, as of chunk-set version `version`. */
  readonly sighted: (found: readonly ColdFound[], version: number) => Command[];
}

/** What a leader must look at in the cold tier before it proposes commands, all of whose codes are drawn. */
export function coldLook(commands: readonly Command[], tier: HotTier): ColdLook {
  const keys = commands.flatMap(keysOf);
  const isHot = hotKeys(keys, tier);
  const needs = keys.filter((_, i) => isHot[i] !== true);
  const sighted = (found: readonly ColdFound[], version: number): Command[] => {
    const sights: (ColdSight | undefined)[] = [];
    let place = 0;
    for (const hot of isHot) sights.push(hot ? undefined : sightOf(found[place++], version));
    return commands.map((command) => withSights(command, sights.splice(0, keysOf(command).length), version));
  };
  return { needs, sighted };
}

function hotKeys(keys: readonly RowNeed[], tier: HotTier): boolean[] {
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

function sightOf(found: ColdFound | undefined, version: number): ColdSight | undefined {
  return found?.kind === 'row' ? { version, prior: found.value } : undefined;
}

function withSights(command: Command, sights: readonly (ColdSight | undefined)[], version: number): Command {
  switch (command.type) {
    case 'createLinks':
      return { ...command, codes: codesNotSeen(command, sights), coldVersion: version };
    case 'createLink':
    case 'updateLink':
    case 'deleteLink':
    case 'kvPut':
    case 'kvDelete':
      return { ...command, cold: sights[0] };
    case 'kvBatch':
      return { ...command, operations: command.operations.map((one, i) => ({ ...one, cold: sights[i] })) };
    default:
      return command;
  }
}

function codesNotSeen(command: CreateLinks, sights: readonly (ColdSight | undefined)[]): Uint8Array | undefined {
  const codes = command.codes?.slice();
  let drawn = 0;
  for (let row = 0; codes !== undefined && row < command.count; row++) {
    const code = codeAt(codes, command.codeLength, row);
    if (code !== undefined && sights[drawn++]?.prior !== undefined) code.fill(0);
  }
  return codes;
}

/** Drawn codes that a chunk has are taken: they are to be drawn again. Undefined when there are none. */
export function withoutTakenDraws(commands: readonly Command[]): Command[] | undefined {
  let taken = false;
  const cleared = commands.map((command) => {
    if (command.type === 'createLinks' && drawnCodes(command).length < command.count) {
      taken = true;
      return { ...command, coldVersion: undefined };
    }
    if (command.type !== 'createLink' || !command.generated || command.cold?.prior === undefined) return command;
    taken = true;
    return { ...command, code: undefined, cold: undefined };
  });
  return taken ? cleared : undefined;
}
