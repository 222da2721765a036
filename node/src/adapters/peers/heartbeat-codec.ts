// SPDX-License-Identifier: Apache-2.0
import { fromUtf8, utf8 } from '@shortlink/common/bytes.ts';
import type { NodeId } from '@shortlink/common/ids.ts';
import type { NodeHeartbeat } from '../../ports/peers.ts';
import { WireError } from './wire-reader.ts';
import type { WireReader } from './wire-reader.ts';
import type { WireWriter } from './wire-writer.ts';

/** A sentence; what is longer is cut. */
const problemMaxBytes = 512;
/** As many nodes as a ring may have. */
const silenceMaxNodes = 4096;

export function writeNodeHeartbeat(writer: WireWriter, field: number, heartbeat: NodeHeartbeat): void {
  const { chunksHeld, chunkBytes, diskFreeBytes } = heartbeat;
  const chunkProblem = problemBytes(heartbeat.chunkProblem);
  const storeProblem = problemBytes(heartbeat.storeProblem);
  const start = writer.begin(field, 32 + chunkProblem.length + storeProblem.length);
  writer.uint(1, chunksHeld);
  writer.uint(2, chunkBytes);
  // Present even when there is none left: that is worth knowing.
  if (diskFreeBytes !== undefined) writer.presentUint(3, diskFreeBytes);
  if (chunkProblem.length > 0) writer.bytes(4, chunkProblem);
  if (storeProblem.length > 0) writer.bytes(5, storeProblem);
  writer.end(start);
}

export function readNodeHeartbeat(reader: WireReader): NodeHeartbeat {
  let [chunksHeld, chunkBytes] = [0, 0];
  let diskFreeBytes: number | undefined;
  let [chunkProblem, storeProblem]: (string | undefined)[] = [];
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) chunksHeld = reader.uint32();
    else if (field === 2) chunkBytes = reader.uint();
    else if (field === 3) diskFreeBytes = reader.uint();
    else if (field === 4) chunkProblem = problemText(reader.bytes());
    else if (field === 5) storeProblem = problemText(reader.bytes());
    else reader.skip();
  }
  return { chunksHeld, chunkBytes, diskFreeBytes, chunkProblem, storeProblem };
}

export function writeSilence(writer: WireWriter, field: number, nodes: readonly NodeId[]): void {
  const start = writer.begin(field, nodes.length * 18);
  for (const node of nodes) writer.bytes(1, utf8(node));
  writer.end(start);
}

export function readSilence(reader: WireReader): readonly NodeId[] {
  const nodes: NodeId[] = [];
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) nodes.push(textOf(reader.bytes(), 'the id of a node'));
    else reader.skip();
    if (nodes.length > silenceMaxNodes) throw new WireError(`more than ${silenceMaxNodes} silent nodes`);
  }
  return nodes;
}

function problemBytes(problem = ''): Uint8Array {
  return utf8(problem.slice(0, Math.floor(problemMaxBytes / 3)));
}

function problemText(bytes: Uint8Array): string | undefined {
  if (bytes.length > problemMaxBytes) throw new WireError(`a problem of ${bytes.length} bytes`);
  return bytes.length === 0 ? undefined : textOf(bytes, 'a problem');
}

function textOf(bytes: Uint8Array, what: string): string {
  try {
    return fromUtf8(bytes);
  } catch (cause) {
    throw new WireError(`${what} that is no UTF-8`, { cause });
  }
}
