// SPDX-License-Identifier: Apache-2.0
import { unreachable } from '@shortlink/common/assert.ts';
import { compareBytes, utf8 } from '@shortlink/common/bytes.ts';
import type { ChunkFormat, ChunkObject, Placement } from '../lifecycle/types.ts';
import type { LifecycleCommand } from './commands.ts';

const digestPattern = /^[0-9a-f]{64}$/;
const checksumPattern = /^(?:[0-9a-f]{2}){1,64}$/;
/** An object name is a key of a row as well. */
const objectNameMaxBytes = 512;
const namesMax = 10_000;

/** Why the state machine must not be given this command; undefined when it may. */
export function lifecycleProblem(command: LifecycleCommand): string | undefined {
  switch (command.type) {
    case 'upload':
      return countProblem('generation', command.generation) ?? formatProblem(command.format);
    case 'digest':
      return (
        countProblem('generation', command.generation) ??
        countProblem('replica', command.replica) ??
        digestProblem(command.digest)
      );
    case 'exported':
      return (
        countProblem('generation', command.generation) ??
        objectProblem(command.object) ??
        (command.replaces === undefined ? undefined : nameProblem(command.replaces))
      );
    case 'readback':
      return (
        countProblem('generation', command.generation) ??
        nameProblem(command.object) ??
        (command.digest === undefined ? undefined : digestProblem(command.digest))
      );
    case 'redistribute':
      return (
        countProblem('generation', command.generation) ??
        nameProblem(command.object) ??
        placementProblem(command.placement)
      );
    case 'holdings':
      return (
        nodeProblem(command.node) ??
        namesProblem([...command.holds, ...command.drops]) ??
        placementProblem(command.placement)
      );
    case 'retire':
      return (
        countProblem('generation', command.generation) ??
        nameProblem(command.object) ??
        countProblem('chunkSetVersion', command.chunkSetVersion, 0)
      );
    case 'forget':
      return namesProblem(command.objects);
    case 'merge':
      return (
        nodeProblem(command.node) ??
        (command.inputs.length === 0 ? 'inputs is empty' : distinctNamesProblem(command.inputs)) ??
        countProblem('chunkSetVersion', command.chunkSetVersion)
      );
    case 'merged':
      return countProblem('merge', command.merge) ?? resultProblem(command);
    case 'replace':
      return countProblem('merge', command.merge) ?? nodeProblem(command.node) ?? placementProblem(command.placement);
    case 'mergeAbandoned':
      return countProblem('merge', command.merge);
    default:
      return unreachable(command);
  }
}

function countProblem(field: string, value: number, min = 1): string | undefined {
  return Number.isSafeInteger(value) && value >= min ? undefined : `${field} is ${value}`;
}

function digestProblem(digest: string): string | undefined {
  return digestPattern.test(digest) ? undefined : 'digest is not 64 hexadecimal digits';
}

function nameProblem(name: string): string | undefined {
  const bytes = utf8(name).length;
  return bytes > 0 && bytes <= objectNameMaxBytes ? undefined : `an object name of ${bytes} bytes`;
}

function namesProblem(names: readonly string[]): string | undefined {
  if (names.length > namesMax) return `${names.length} object names`;
  for (const name of names) {
    const problem = nameProblem(name);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function nodeProblem(node: string): string | undefined {
  return node === '' ? 'node is empty' : undefined;
}

function distinctNamesProblem(names: readonly string[]): string | undefined {
  return new Set(names).size === names.length ? namesProblem(names) : 'an object is named twice';
}

function resultProblem({
  outputs,
  dropped,
}: Extract<LifecycleCommand, { readonly type: 'merged' }>): string | undefined {
  const named = distinctNamesProblem(outputs.map(({ name }) => name));
  const wrong = outputs.map(objectProblem).find((problem) => problem !== undefined);
  return named ?? wrong ?? checksumProblem(dropped.checksum) ?? countProblem('dropped.rows', dropped.rows, 0);
}

function checksumProblem(checksum: string): string | undefined {
  return checksumPattern.test(checksum) ? undefined : 'checksum is not 1 to 64 bytes in hexadecimal';
}

function formatProblem(format: ChunkFormat): string | undefined {
  return (
    countProblem('format.version', format.version) ??
    countProblem('format.blockMaxBytes', format.blockMaxBytes) ??
    countProblem('format.compressionLevel', format.compressionLevel) ??
    countProblem('format.dictionaryMaxBytes', format.dictionaryMaxBytes, 0) ??
    countProblem('format.sampleBytes', format.sampleBytes)
  );
}

function objectProblem(object: ChunkObject): string | undefined {
  if (object.tailBytes > object.sizeBytes) return 'the tail is longer than the object';
  if (object.firstKey.length === 0 || compareBytes(object.firstKey, object.lastKey) > 0) return 'keys out of order';
  if (object.minRevision > object.maxRevision) return 'revisions out of order';
  return (
    nameProblem(object.name) ??
    checksumProblem(object.checksum) ??
    countProblem('sizeBytes', object.sizeBytes) ??
    countProblem('tailBytes', object.tailBytes) ??
    countProblem('rows', object.rows) ??
    countProblem('minRevision', object.minRevision, 0) ??
    countProblem('maxRevision', object.maxRevision, 0) ??
    digestProblem(object.contentDigest)
  );
}

function placementProblem(placement: Placement): string | undefined {
  if (placement.nodes.length === 0 || new Set(placement.nodes).size !== placement.nodes.length)
    return 'placement.nodes is empty or names a node twice';
  return (
    countProblem('placement.ringEpoch', placement.ringEpoch, 0) ??
    countProblem('placement.redundancy', placement.redundancy)
  );
}
