// SPDX-License-Identifier: Apache-2.0
import { integer, namedValue, parseScript, ScriptError } from '../../raft/conformance/script.ts';
import type { Block } from '../../raft/conformance/script.ts';
import { place } from '../place.ts';
import { buildRing } from '../ring.ts';
import type { RingMember } from '../ring.ts';

/**
 * Runs a script of placements: `members` sets or changes the nodes (`id zone weight`, or `-id`), `place` prints the nodes
 * of the chunks in its input, `census` counts copies over many chunks and how many moved since the census before.
 * @returns the script with what was printed, to be compared with the script as it is.
 */
export function runPlaceScript(text: string): readonly { readonly block: Block; readonly actual: string }[] {
  const members = new Map<string, RingMember>();
  let epoch = 0;
  let before: readonly (readonly string[])[] | undefined;
  const run = (block: Block): string => {
    switch (block.command) {
      case 'members':
        for (const line of block.input.split('\n')) change(members, line);
        epoch++;
        return `epoch ${epoch}: ${members.size} members`;
      case 'place': {
        const ring = buildRing(epoch, [...members.values()]);
        const copies = integer(namedValue(block, 'copies'), 'copies');
        return block.input
          .split('\n')
          .map((chunk) => `${chunk}: ${place(ring, chunk, copies).join(' ')}`)
          .join('\n');
      }
      case 'census': {
        const ring = buildRing(epoch, [...members.values()]);
        const copies = integer(namedValue(block, 'copies'), 'copies');
        const chunks = integer(namedValue(block, 'chunks'), 'chunks');
        const placed = Array.from({ length: chunks }, (_, i) => place(ring, `chunk-${i}`, copies));
        const last = before;
        before = placed;
        const held = [...members.keys()].map((id) => `${id} ${placed.flat().filter((node) => node === id).length}`);
        const moved = last === undefined ? [] : [`moved ${countMoved(last, placed)}`];
        return [...held, ...moved].join('\n');
      }
      default:
        throw new ScriptError(`line ${block.line}: there is no command ${block.command}`);
    }
  };
  return parseScript(text).map((block) => ({ block, actual: `${run(block)}\n` }));
}

/** Copies that lie on a node which did not have them before. */
export function countMoved(before: readonly (readonly string[])[], after: readonly (readonly string[])[]): number {
  return after.flatMap((nodes, i) => nodes.filter((node) => before[i]?.includes(node) !== true)).length;
}

function change(members: Map<string, RingMember>, line: string): void {
  if (line.startsWith('-')) {
    members.delete(line.slice(1));
    return;
  }
  const [id = '', zone = '', weight] = line.split(' ');
  members.set(id, { id, zone: zone === '-' ? '' : zone, weight: integer(weight, 'weight') });
}
